using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace TwiBackup.Stores;

/// <summary>
/// An object on its way into a bucket: one put when all of it fits into the first part, else a multipart upload with several parts
/// under way. Nothing is visible before the put, or the completion of the upload, is answered.
/// </summary>
internal sealed class S3ObjectUpload(S3Connection connection, string key, PutCondition condition) : ObjectUpload
{
    private const string ContentType = "application/octet-stream";

    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(30);

    private readonly S3Settings _settings = connection.Settings;
    private readonly S3OwnPut _own = new(connection, key, condition);
    private readonly CancellationTokenSource _abandoned = new();
    private readonly List<Task<PartETag>> _parts = [];
    private readonly Queue<Task<PartETag>> _underWay = new();
    private PartBuffer _current = new();
    private string? _uploadId;
    private long _length;
    private bool _closed;
    private bool _committed;
    private bool _disposed;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        cancellationToken.ThrowIfCancellationRequested();
        while (buffer.Length > 0)
        {
            var room = S3Parts.SizeOf(_parts.Count + 1, _settings.PartSize) - _current.Length;
            if (room == 0)
            {
                // Only now is it known that another part follows.
                await SendPartAsync(cancellationToken);
                continue;
            }
            var taken = (int)Math.Min(room, buffer.Length);
            _current.Append(buffer.Span[..taken]);
            buffer = buffer[taken..];
            _length += taken;
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Objects are written asynchronously.");

    public override async Task<ObjectInfo> CommitAsync(CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        _closed = true;
        if (_uploadId is null)
        {
            await PutAsync(cancellationToken);
        }
        else
        {
            await SendPartAsync(cancellationToken);
            await CompleteAsync([.. await Task.WhenAll(_parts)], cancellationToken);
        }
        _committed = true;
        return new ObjectInfo(key, _length, connection.Clock.Now);
    }

    private async Task PutAsync(CancellationToken cancellationToken)
    {
        var etag = new Lazy<string>(() => Convert.ToHexStringLower(_current.HashMd5()));
        var checksum = ChecksumOf(_current);
        var version = await connection.Caller.CallAsync(new S3Request($"storing {key}", PutPermission, key), async attempt =>
        {
            if (await _own.IsDoneAsync(attempt, _length, () => etag.Value))
                return null;
            var request = new PutObjectRequest
            {
                BucketName = _settings.Bucket,
                Key = _settings.FullKey(key),
                InputStream = new PartStream(_current, attempt.Moved),
                AutoCloseStream = false,
                IfNoneMatch = _own.IfNoneMatch,
                ContentType = ContentType,
                UseChunkEncoding = false,
                ChecksumAlgorithm = Checksum,
                ChecksumCRC32C = checksum,
            };
            request.Metadata[S3OwnPut.Metadata] = _own.Token;
            if (Until() is { } until)
                (request.ObjectLockMode, request.ObjectLockRetainUntilDate) = (LockMode, until);
            try
            {
                return (await connection.Client.PutObjectAsync(request, attempt.Token)).VersionId;
            }
            catch (AmazonServiceException answer) when (S3Errors.IsTaken(answer))
            {
                await _own.RecogniseAsync(attempt, _length, etag.Value, answer);
                return null;
            }
        }, cancellationToken);
        await _own.SettleAsync(version, cancellationToken);
    }

    private async Task SendPartAsync(CancellationToken cancellationToken)
    {
        _uploadId ??= await StartAsync(cancellationToken);
        var number = _parts.Count + 1;
        if (number > S3Parts.MaxParts)
            throw new TwiBackupException($"{_settings.Location}/{key} is larger than S3 takes (5 TiB). Split it.");
        var part = _current;
        var inFlight = S3Parts.InFlight(part.Length, _settings.PartsInFlight);
        _current = new PartBuffer();
        var sending = SendPartAsync(number, part);
        _parts.Add(sending);
        _underWay.Enqueue(sending);
        // Waiting for the oldest keeps memory bounded, and brings a part's failure to the writer soon.
        while (_underWay.Count > inFlight)
            await _underWay.Dequeue().WaitAsync(cancellationToken);
    }

    private Task<string> StartAsync(CancellationToken cancellationToken) => connection.Caller.CallAsync(
        new S3Request($"starting the upload of {key}", PutPermission, key),
        async attempt =>
        {
            var request = new InitiateMultipartUploadRequest
            {
                BucketName = _settings.Bucket,
                Key = _settings.FullKey(key),
                ContentType = ContentType,
                ChecksumAlgorithm = Checksum,
            };
            request.Metadata[S3OwnPut.Metadata] = _own.Token;
            if (Until() is { } until)
                (request.ObjectLockMode, request.ObjectLockRetainUntilDate) = (LockMode, until);
            return (await connection.Client.InitiateMultipartUploadAsync(request, attempt.Token)).UploadId;
        },
        cancellationToken);

    private async Task<PartETag> SendPartAsync(int number, PartBuffer part)
    {
        using (part)
        {
            var checksum = ChecksumOf(part);
            return await connection.Caller.CallAsync(new S3Request($"storing part {number} of {key}", "s3:PutObject", key), async attempt =>
            {
                var request = new UploadPartRequest
                {
                    BucketName = _settings.Bucket,
                    Key = _settings.FullKey(key),
                    UploadId = _uploadId,
                    PartNumber = number,
                    PartSize = part.Length,
                    InputStream = new PartStream(part, attempt.Moved),
                    UseChunkEncoding = false,
                    ChecksumAlgorithm = Checksum,
                    ChecksumCRC32C = checksum,
                };
                var answer = await connection.Client.UploadPartAsync(request, attempt.Token);
                return new PartETag(number, answer.ETag) { ChecksumCRC32C = checksum };
            }, _abandoned.Token);
        }
    }

    private async Task CompleteAsync(List<PartETag> parts, CancellationToken cancellationToken)
    {
        var etag = ETagOf(parts);
        var request = new S3Request($"completing {key}", "s3:PutObject", key);
        var version = await connection.Caller.CallAsync(request, _settings.CompleteSilence, async attempt =>
        {
            if (await _own.IsDoneAsync(attempt, _length, () => etag))
                return null;
            try
            {
                var answer = await connection.Client.CompleteMultipartUploadAsync(
                    new CompleteMultipartUploadRequest
                    {
                        BucketName = _settings.Bucket,
                        Key = _settings.FullKey(key),
                        UploadId = _uploadId,
                        PartETags = parts,
                        IfNoneMatch = _own.IfNoneMatch,
                    },
                    attempt.Token);
                return answer.VersionId;
            }
            catch (AmazonServiceException answer) when (S3Errors.IsTaken(answer))
            {
                await _own.RecogniseAsync(attempt, _length, etag, answer);
                return null;
            }
            catch (AmazonServiceException answer) when (answer.ErrorCode == "NoSuchUpload" && attempt.Number > 1)
            {
                // The attempt before may have completed it.
                return await _own.IsThereAsync(_length, etag, attempt.Token) ? null : throw S3Errors.Explain(answer, request, _settings);
            }
        }, cancellationToken);
        await _own.SettleAsync(version, cancellationToken);
        await LockAsync(version, cancellationToken);
    }

    /// <summary>Servers other than Amazon's may take no notice of the lock that an upload in parts began with (radosgw 16 does not).</summary>
    private async Task LockAsync(string? version, CancellationToken cancellationToken)
    {
        if (_settings.IsAmazon || Until() is not { } until)
            return;
        await connection.Caller.CallAsync(
            new S3Request($"locking {key}", "s3:PutObjectRetention", key),
            attempt => connection.Client.PutObjectRetentionAsync(
                new PutObjectRetentionRequest
                {
                    BucketName = _settings.Bucket,
                    Key = _settings.FullKey(key),
                    VersionId = version,
                    Retention = new ObjectLockRetention { Mode = LockMode.Value, RetainUntilDate = until },
                },
                attempt.Token),
            cancellationToken);
    }

    private string PutPermission => _settings.Lock is null ? "s3:PutObject" : "s3:PutObject and s3:PutObjectRetention";

    private ObjectLockMode LockMode => _settings.Lock!.Mode == TwiBackup.Policy.LockMode.Compliance ? ObjectLockMode.Compliance : ObjectLockMode.Governance;

    private DateTime? Until() => _settings.Lock?.Until(key, connection.Clock.Now)?.UtcDateTime;

    /// <summary>
    /// Amazon refuses uploads into buckets with object lock without one; other servers check the signed hash of the body. The SDK
    /// names the algorithm but computes nothing for bodies that are not chunked.
    /// </summary>
    private ChecksumAlgorithm? Checksum => _settings.IsAmazon ? ChecksumAlgorithm.CRC32C : null;

    private string? ChecksumOf(PartBuffer part) => _settings.IsAmazon ? part.HashCrc32C() : null;

    /// <summary>S3's ETag of a multipart object: the MD5 of its parts' MD5s, and their number.</summary>
    private static string ETagOf(List<PartETag> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        foreach (var part in parts)
            hash.AppendData(Convert.FromHexString(part.ETag.Trim('"')));
        return $"{Convert.ToHexStringLower(hash.GetHashAndReset())}-{parts.Count}";
    }

    private void ThrowIfClosed()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_closed)
            throw new InvalidOperationException("The object is committed; nothing can be written to it any more.");
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await _abandoned.CancelAsync();
            foreach (var part in _parts)
                await ((Task)part).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_uploadId is not null && !_committed)
                await AbortAsync();
            _current.Dispose();
            _abandoned.Dispose();
        }
        await base.DisposeAsync();
    }

    /// <summary>What cannot be aborted now the bucket's lifecycle rule aborts; the failure that led here is the one to tell.</summary>
    private async Task AbortAsync()
    {
        using var patience = new CancellationTokenSource(AbortPatience);
        try
        {
            await connection.Caller.CallAsync(
                new S3Request($"aborting {key}", "s3:AbortMultipartUpload", key),
                attempt => connection.Client.AbortMultipartUploadAsync(_settings.Bucket, _settings.FullKey(key), _uploadId, attempt.Token),
                patience.Token);
        }
        catch (Exception left) when (left is TwiBackupException or OperationCanceledException)
        {
        }
    }

    protected override void Dispose(bool disposing)
    {
        // A blocking dispose cannot tell the server; it must not happen on purpose, and what it leaves is garbage that nobody sees.
        if (disposing && !_disposed)
        {
            _disposed = true;
            _abandoned.Cancel();
            _current.Dispose();
        }
        base.Dispose(disposing);
    }
}
