using System.Net;
using Amazon.Runtime;
using Amazon.S3.Model;

namespace TwiBackup.Stores;

/// <summary>
/// Reads an object from front to back. When the connection breaks, or nothing or next to nothing comes for too long, it goes on where it
/// stopped, in the same version: an object changed meanwhile is never spliced.
/// </summary>
internal sealed class S3ReadStream : Stream
{
    /// <summary>What must have come between two cuts for the first not to count any more.</summary>
    private const int Progress = 64 << 10;

    private readonly S3Connection _connection;
    private readonly S3Pace _pace;
    private readonly S3Request _request;
    private readonly string _key;
    private readonly string? _version;
    private long _position;
    private long? _end;
    private string? _etag;
    private string? _seenVersion;
    private GetObjectResponse? _body;
    private CancellationTokenSource _silence = new();
    private int _cutsWithoutProgress;
    private long _cutAt;

    private S3ReadStream(S3Connection connection, string key, ReadRange? range, string? version)
    {
        _connection = connection;
        _pace = new S3Pace(connection.Settings.Silence);
        _key = key;
        _version = version;
        _request = new S3Request($"reading {key}", version is null ? "s3:GetObject" : "s3:GetObjectVersion", key);
        _position = range?.Offset ?? 0;
        _end = range?.Length is { } length ? _position + length : null;
    }

    /// <exception cref="ObjectMissingException">There is no such object or version.</exception>
    public static async Task<Stream> OpenAsync(
        S3Connection connection, string key, ReadRange? range, string? version, CancellationToken cancellationToken)
    {
        var stream = new S3ReadStream(connection, key, range, version);
        try
        {
            await stream.RequestAsync(version, cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_position < _end && buffer.Length > 0)
        {
            try
            {
                if (_body is null)
                {
                    await ResumeAsync(cancellationToken);
                    continue;
                }

                var asked = _connection.Time.GetTimestamp();
                var read = await ReadBodyAsync(buffer, cancellationToken);
                if (read == 0)
                    throw new EndOfStreamException($"The connection ended {_end - _position} bytes early.");
                _position += read;
                if (_position - _cutAt >= Progress)
                    _cutsWithoutProgress = 0;
                if (!_pace.Keeps(read, _connection.Time.GetElapsedTime(asked)) && _position < _end)
                    Cut(new TimeoutException($"Less than {S3Pace.LeastPerSecond} bytes a second came."));
                return read;
            }
            catch (Exception cut) when (cut is not TwiBackupException && S3Caller.IsPassing(cut))
            {
                Cut(cut);
            }
        }
        return 0;
    }

    /// <summary>The next read begins a new request; throws when there were too many without progress.</summary>
    private void Cut(Exception cause)
    {
        CloseBody();
        _cutAt = _position;
        if (++_cutsWithoutProgress >= _connection.Settings.MaxAttempts)
            throw S3Errors.Explain(cause, _request, _connection.Settings);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Objects are read asynchronously.");

    private async Task<int> ReadBodyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var room = (int)Math.Min(buffer.Length, _end!.Value - _position);
        _silence.CancelAfter(_connection.Settings.Silence);
        try
        {
            using (cancellationToken.UnsafeRegister(static silence => ((CancellationTokenSource)silence!).Cancel(), _silence))
                return await _body!.ResponseStream.ReadAsync(buffer[..room], _silence.Token);
        }
        catch (Exception failure) when (_silence.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new TimeoutException($"Nothing came for {_connection.Settings.Silence.TotalSeconds:0.#} s.", failure);
        }
        finally
        {
            if (!_silence.TryReset())
            {
                _silence.Dispose();
                _silence = new CancellationTokenSource();
            }
        }
    }

    private async Task ResumeAsync(CancellationToken cancellationToken)
    {
        if (_cutsWithoutProgress > 1)
            await Task.Delay(_connection.Settings.RetryDelay * _cutsWithoutProgress, _connection.Time, cancellationToken);
        try
        {
            await RequestAsync(_version, cancellationToken);
        }
        catch (TwiBackupException replaced) when (_version is null && _seenVersion is not null
            && replaced.InnerException is AmazonServiceException answer && (S3Errors.IsMissing(answer) || S3Errors.IsTaken(answer)))
        {
            // Replaced or deleted while being read: the version that was begun is still there.
            await RequestAsync(_seenVersion, cancellationToken);
        }
    }

    private async Task RequestAsync(string? version, CancellationToken cancellationToken)
    {
        _body = await _connection.Caller.CallAsync(_request, async attempt =>
        {
            try
            {
                return await _connection.Client.GetObjectAsync(
                    new GetObjectRequest
                    {
                        BucketName = _connection.Settings.Bucket,
                        Key = _connection.Settings.FullKey(_key),
                        VersionId = version,
                        EtagToMatch = _etag,
                        ByteRange = _position == 0 && _end is null ? null
                            : _end is { } end ? new ByteRange(_position, end - 1) : new ByteRange($"bytes={_position}-"),
                    },
                    attempt.Token);
            }
            catch (AmazonServiceException answer) when (S3Errors.IsMissing(answer))
            {
                throw new ObjectMissingException(_connection.Settings.Location, _key, answer);
            }
            catch (AmazonServiceException answer) when (S3Errors.IsTaken(answer))
            {
                throw new TwiBackupException(
                    $"{_connection.Settings.Location}/{_key} was replaced while it was read. Read it again.", answer);
            }
            catch (AmazonServiceException answer) when (answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                // It exists and ends before the range begins; or an answer named a length that it does not have.
                _end = _position;
                return null;
            }
        }, cancellationToken);
        if (_body is null)
            return;
        _etag = _body.ETag ?? throw S3Errors.NotS3(_request, _connection.Settings);
        _seenVersion ??= _body.VersionId is null or "null" ? null : _body.VersionId;
        _end = Math.Min(_end ?? long.MaxValue, _position + _body.ContentLength);
    }

    private void CloseBody()
    {
        try
        {
            _body?.Dispose();
        }
        catch (AmazonClientException)
        {
            // The SDK compares with the ETag what was read, when it is closed, though an answer may have been cut short. What is read here
            // is judged by the manifest's or its own signed hash.
        }

        _body = null;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            CloseBody();
            _silence.Dispose();
        }
        base.Dispose(disposing);
    }
}
