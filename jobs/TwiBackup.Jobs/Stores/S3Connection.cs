using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace TwiBackup.Stores;

/// <summary>What the parts of an S3 store share: the client, how it is called, the server's clock, and what they all ask.</summary>
internal sealed class S3Connection : IDisposable
{
    private readonly S3Http _http;
    private volatile bool _bucketSeen;

    public S3Connection(S3Settings settings, TimeProvider time)
    {
        Settings = settings;
        Time = time;
        Clock = new S3Clock(time);
        Caller = new S3Caller(settings, time);
        _http = new S3Http(Clock);
        Client = S3Client.Create(settings, _http);
    }

    public S3Settings Settings { get; }

    public TimeProvider Time { get; }

    public S3Clock Clock { get; }

    public S3Caller Caller { get; }

    public IAmazonS3 Client { get; }

    /// <summary>
    /// What the listing says of one object, which needs no permission to read it; null when there is none. Throws when the bucket
    /// or the server is not there.
    /// </summary>
    public async Task<S3Head?> FindAsync(string key, S3Request request, CancellationToken cancellationToken)
    {
        var fullKey = Settings.FullKey(key);
        var page = await Caller.CallAsync(
            request with { Permission = "s3:ListBucket" },
            attempt => Client.ListObjectsV2Async(
                new ListObjectsV2Request { BucketName = Settings.Bucket, Prefix = fullKey, MaxKeys = 1 }, attempt.Token),
            cancellationToken);
        _bucketSeen = true;
        return page.S3Objects is [var first, ..] && first.Key == fullKey
            ? new S3Head(first.Size ?? 0, Utc(first.LastModified), first.ETag.Trim('"'), null)
            : null;
    }

    /// <summary>
    /// As <see cref="FindAsync"/>, with the put's token. An answer to <c>HEAD</c> has no body: "not found" is only believed once the
    /// bucket was seen, and after "forbidden" (the writer's role may not read) the listing is asked.
    /// </summary>
    public async Task<S3Head?> HeadAsync(string key, S3Request request, CancellationToken cancellationToken)
    {
        var (head, status) = await Caller.CallAsync(request, async attempt =>
        {
            try
            {
                var answer = await Client.GetObjectMetadataAsync(
                    new GetObjectMetadataRequest { BucketName = Settings.Bucket, Key = Settings.FullKey(key) }, attempt.Token);
                // What has neither is a web page.
                if (answer.LastModified is null || answer.ETag is null)
                    throw S3Errors.NotS3(request, Settings);
                var token = answer.Metadata[S3OwnPut.Metadata];
                return (new S3Head(answer.ContentLength, Utc(answer.LastModified), answer.ETag.Trim('"'), token), HttpStatusCode.OK);
            }
            catch (AmazonServiceException answer) when (S3Errors.IsUnnamedMissing(answer) || S3Errors.IsForbidden(answer))
            {
                return ((S3Head?)null, answer.StatusCode);
            }
        }, cancellationToken);
        if (status == HttpStatusCode.NotFound && _bucketSeen)
            return null;
        if (head is null)
            return await FindAsync(key, request, cancellationToken);
        _bucketSeen = true;
        return head;
    }

    public static DateTimeOffset Utc(DateTime? time) => new(time!.Value.ToUniversalTime());

    public void Dispose()
    {
        Client.Dispose();
        _http.Dispose();
    }
}
