using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3.Model;

namespace TwiBackup.Stores;

/// <summary>
/// Keeps the promise of <see cref="PutCondition.IfAbsent"/>: one winner, and one's own object is not taken for another's (decision 15).
/// A put is known by a token in its metadata; who may not read objects compares the listing's length and ETag, or, where the ETag
/// is no hash of the content (KMS), length and time of writing: keys hold random or content-derived parts, so nobody else wrote
/// that key with that length within these seconds.
/// </summary>
internal sealed class S3OwnPut(S3Connection connection, string key, PutCondition condition)
{
    /// <summary>The name of the metadata that holds the token.</summary>
    public const string Metadata = "twibackup-put";

    private static readonly TimeSpan ClockResolution = TimeSpan.FromSeconds(2);

    private readonly long _begun = connection.Time.GetTimestamp();

    public string Token { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>What makes the server refuse a key that is taken.</summary>
    public string? IfNoneMatch => condition == PutCondition.IfAbsent ? "*" : null;

    /// <summary>
    /// Amazon decides by <see cref="IfNoneMatch"/>. Other servers may ignore it (radosgw 16: on a versioned bucket, and when parts are
    /// completed), so they are asked before, and after a put into a versioned bucket.
    /// </summary>
    private bool MustAsk => condition == PutCondition.IfAbsent && !connection.Settings.IsAmazon;

    /// <summary>Before an attempt. True: an earlier attempt has done it already, only its answer got lost.</summary>
    /// <exception cref="ObjectExistsException">The key is taken.</exception>
    public async Task<bool> IsDoneAsync(S3Attempt attempt, long length, Func<string> etag)
    {
        if (!MustAsk)
            return false;
        if (attempt.Number > 1)
            return await IsThereAsync(length, etag(), attempt.Token);
        return await connection.FindAsync(key, Request("s3:ListBucket"), attempt.Token) is null
            ? false
            : throw new ObjectExistsException(connection.Settings.Location, key);
    }

    /// <summary>After the server said that the key is taken. Returns when it is taken by this very put.</summary>
    /// <exception cref="ObjectExistsException">It is another's.</exception>
    public async Task RecogniseAsync(S3Attempt attempt, long length, string etag, Exception answer)
    {
        if (attempt.Number == 1 || !await IsThereAsync(length, etag, attempt.Token))
            throw new ObjectExistsException(connection.Settings.Location, key, answer);
    }

    /// <summary>
    /// After a put into a versioned bucket that may not have refused: of the versions that stand side by side the oldest wins, and the
    /// put that lost destroys its own, if it may.
    /// </summary>
    /// <exception cref="ObjectExistsException">Another put was first.</exception>
    public async Task SettleAsync(string? version, CancellationToken cancellationToken)
    {
        if (!MustAsk || version is null or "null")
            return;
        var fullKey = connection.Settings.FullKey(key);
        var page = await connection.Caller.CallAsync(
            Request("s3:ListBucketVersions"),
            attempt => connection.Client.ListVersionsAsync(
                new ListVersionsRequest { BucketName = connection.Settings.Bucket, Prefix = fullKey, MaxKeys = 100 }, attempt.Token),
            cancellationToken);
        var standing = (page.Versions ?? []).Where(other => other.Key == fullKey).ToList();
        var own = standing.FindIndex(other => other.VersionId == version);
        if (own < 0 || own == standing.Count - 1 || standing[own + 1].IsDeleteMarker == true)
            return;
        try
        {
            await connection.Caller.CallAsync(
                new S3Request($"taking back {key}", "s3:DeleteObjectVersion", key),
                attempt => connection.Client.DeleteObjectAsync(
                    new DeleteObjectRequest { BucketName = connection.Settings.Bucket, Key = fullKey, VersionId = version }, attempt.Token),
                cancellationToken);
        }
        catch (TwiBackupException kept) when (kept.InnerException is AmazonServiceException)
        {
            // The role may not delete, or the version is locked: it stays beside the winner's.
        }
        throw new ObjectExistsException(connection.Settings.Location, key);
    }

    /// <summary>Whether what lies at the key now is what was put, of that length and ETag.</summary>
    public async Task<bool> IsThereAsync(long length, string etag, CancellationToken cancellationToken)
    {
        var head = await connection.HeadAsync(key, Request("s3:GetObject"), cancellationToken);
        if (head is null || head.Length != length)
            return false;
        if (head.PutToken is { } token)
            return token == Token;
        var begun = connection.Clock.Now - connection.Time.GetElapsedTime(_begun) - ClockResolution;
        return head.ETag == etag || head.Modified >= begun;
    }

    private S3Request Request(string permission) => new($"making sure that only one {key} is stored", permission, key);
}
