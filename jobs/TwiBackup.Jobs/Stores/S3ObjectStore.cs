using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3.Model;

namespace TwiBackup.Stores;

/// <summary>
/// Objects in a bucket of Amazon S3 or a server like it. <see cref="PutCondition.IfAbsent"/> is <c>If-None-Match: *</c> on the put and on
/// the completion of a multipart upload; Amazon decides both atomically. Other servers may ignore it (radosgw 16 does on versioned
/// buckets, and on completions), so they are asked before whether the key is taken, and in a versioned bucket a race is settled
/// afterwards: the oldest version wins, the loser throws and destroys its own, if it may (else it stays as the current version,
/// beside the winner's). Only uploads of many parts that complete in the same instant, in a bucket without versions of such
/// a server, can both succeed: the last one stays.
/// </summary>
public sealed class S3ObjectStore : IObjectStore
{
    private readonly S3Connection _connection;
    private readonly S3Settings _settings;

    internal S3ObjectStore(S3Settings settings, TimeProvider? time = null)
    {
        _settings = settings;
        _connection = new S3Connection(settings, time ?? TimeProvider.System);
    }

    public string Location => _settings.Location;

    /// <summary>Nothing is asked of the server before the first part is full or the object is committed.</summary>
    public Task<ObjectUpload> CreateAsync(string key, PutCondition condition, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<ObjectUpload>(new S3ObjectUpload(_connection, key, condition));
    }

    public async Task<Stream> OpenReadAsync(string key, ReadRange? range, string? version, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        ReadRanges.Check(range);
        if (range is not { Length: 0 })
            return await S3ReadStream.OpenAsync(_connection, key, range, version, cancellationToken);
        // S3 has no empty range; a byte more tells whether the object exists.
        await using (await S3ReadStream.OpenAsync(_connection, key, range.Value with { Length = 1 }, version, cancellationToken))
            return Stream.Null;
    }

    public async Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        var head = await _connection.HeadAsync(key, new S3Request($"looking at {key}", "s3:GetObject", key), cancellationToken);
        return head is null ? null : new ObjectInfo(key, head.Length, head.Modified);
    }

    public async IAsyncEnumerable<ObjectInfo> ListAsync(
        string prefix, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var page in PagesAsync(prefix, startAfter, delimiter: null, cancellationToken))
        {
            foreach (var found in page.S3Objects ?? [])
            {
                if (IsOurs(found.Key))
                    yield return new ObjectInfo(_settings.KeyOf(found.Key), found.Size ?? 0, S3Connection.Utc(found.LastModified));
            }
        }
    }

    public async IAsyncEnumerable<string> ListFoldersAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var top = _settings.FullKey(prefix[..(prefix.LastIndexOf('/') + 1)]);
        await foreach (var page in PagesAsync(prefix, startAfter: null, delimiter: "/", cancellationToken))
        {
            foreach (var folder in page.CommonPrefixes ?? [])
            {
                if (IsOurs(folder[..^1]))
                    yield return folder[top.Length..];
            }
        }
    }

    public async IAsyncEnumerable<ObjectVersion> ListVersionsAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectKey.CheckPrefix(prefix);
        var request = new ListVersionsRequest { BucketName = _settings.Bucket, Prefix = _settings.FullKey(prefix) };
        var ofOneKey = new List<S3ObjectVersion>();
        ListVersionsResponse page;
        do
        {
            page = await _connection.Caller.CallAsync(
                new S3Request($"listing versions {prefix}".TrimEnd(), "s3:ListBucketVersions"),
                attempt => _connection.Client.ListVersionsAsync(request, attempt.Token),
                cancellationToken);
            // Versions and delete markers may come one kind after the other.
            var ours = (page.Versions ?? []).Where(version => IsOurs(version.Key));
            foreach (var version in ours.OrderBy(version => version.Key, StringComparer.Ordinal))
            {
                if (ofOneKey.Count > 0 && ofOneKey[0].Key != version.Key)
                {
                    foreach (var earlier in NewestFirst(ofOneKey))
                        yield return earlier;
                    ofOneKey.Clear();
                }
                ofOneKey.Add(version);
            }
            request.KeyMarker = page.NextKeyMarker;
            request.VersionIdMarker = page.NextVersionIdMarker;
        }
        while (page.IsTruncated == true);
        foreach (var last in NewestFirst(ofOneKey))
            yield return last;
    }

    public async Task<IReadOnlyDictionary<string, string>> GetTagsAsync(string key, string? version, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        var answer = await OfObjectAsync(
            new S3Request($"reading the tags of {key}", version is null ? "s3:GetObjectTagging" : "s3:GetObjectVersionTagging", key),
            token => _connection.Client.GetObjectTaggingAsync(
                new GetObjectTaggingRequest { BucketName = _settings.Bucket, Key = _settings.FullKey(key), VersionId = version }, token),
            cancellationToken);
        return (answer.Tagging ?? []).ToDictionary(tag => tag.Key, tag => tag.Value);
    }

    public Task SetTagsAsync(string key, string? version, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        ObjectTags.Check(tags);
        return OfObjectAsync(
            new S3Request($"tagging {key}", version is null ? "s3:PutObjectTagging" : "s3:PutObjectVersionTagging", key),
            token => _connection.Client.PutObjectTaggingAsync(
                new PutObjectTaggingRequest
                {
                    BucketName = _settings.Bucket,
                    Key = _settings.FullKey(key),
                    VersionId = version,
                    Tagging = new Tagging { TagSet = [.. tags.Select(tag => new Tag { Key = tag.Key, Value = tag.Value })] },
                },
                token),
            cancellationToken);
    }

    public Task DeleteAsync(string key, string? version, CancellationToken cancellationToken)
    {
        ObjectKey.Check(key);
        return _connection.Caller.CallAsync(
            new S3Request($"deleting {key}", version is null ? "s3:DeleteObject" : "s3:DeleteObjectVersion", key),
            async attempt =>
            {
                try
                {
                    await _connection.Client.DeleteObjectAsync(
                        new DeleteObjectRequest { BucketName = _settings.Bucket, Key = _settings.FullKey(key), VersionId = version },
                        attempt.Token);
                    return true;
                }
                catch (AmazonServiceException answer) when (S3Errors.IsMissing(answer))
                {
                    return false;
                }
            },
            cancellationToken);
    }

    /// <summary>The <c>Date</c> of an answer got now, to the second.</summary>
    public async Task<DateTimeOffset> ReadClockAsync(CancellationToken cancellationToken)
    {
        await _connection.Caller.CallAsync(
            new S3Request("reading the clock", "s3:ListBucket"),
            attempt => _connection.Client.ListObjectsV2Async(
                new ListObjectsV2Request { BucketName = _settings.Bucket, Prefix = _settings.FullKey(""), MaxKeys = 1 }, attempt.Token),
            cancellationToken);
        return _connection.Clock.Now;
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private async IAsyncEnumerable<ListObjectsV2Response> PagesAsync(
        string prefix, string? startAfter, string? delimiter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectKey.CheckPrefix(prefix);
        var request = new ListObjectsV2Request
        {
            BucketName = _settings.Bucket,
            Prefix = _settings.FullKey(prefix),
            StartAfter = startAfter is null ? null : _settings.FullKey(startAfter),
            Delimiter = delimiter,
        };
        ListObjectsV2Response page;
        do
        {
            page = await _connection.Caller.CallAsync(
                new S3Request($"listing {prefix}".TrimEnd(), "s3:ListBucket"),
                attempt => _connection.Client.ListObjectsV2Async(request, attempt.Token),
                cancellationToken);
            yield return page;
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true);
    }

    private async Task<T> OfObjectAsync<T>(S3Request request, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken) =>
        await _connection.Caller.CallAsync(request, async attempt =>
        {
            try
            {
                return await ask(attempt.Token);
            }
            catch (AmazonServiceException answer) when (S3Errors.IsMissing(answer))
            {
                throw new ObjectMissingException(Location, request.Key!, answer);
            }
        }, cancellationToken);

    /// <summary>Consoles make empty objects whose key ends in a slash; others may put what no key of ours can be.</summary>
    private bool IsOurs(string fullKey) => fullKey.Length > _settings.Prefix.Length && ObjectKey.IsValid(_settings.KeyOf(fullKey));

    private IEnumerable<ObjectVersion> NewestFirst(List<S3ObjectVersion> versions) =>
        versions
            .OrderByDescending(version => version.IsLatest)
            .ThenByDescending(version => version.LastModified)
            .Select(version => new ObjectVersion(
                _settings.KeyOf(version.Key), version.VersionId, version.Size ?? 0, S3Connection.Utc(version.LastModified),
                version.IsLatest == true, version.IsDeleteMarker == true));
}
