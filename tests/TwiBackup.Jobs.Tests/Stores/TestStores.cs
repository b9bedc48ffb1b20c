using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using TwiBackup.Stores;

namespace TwiBackup.Tests.Stores;

/// <summary>Fresh, empty, real stores for tests.</summary>
public static class TestStores
{
    /// <summary>A store in a new folder, below the one for temporary files unless another is given; removed on dispose.</summary>
    public static TestStore NewFileStore(string? below = null)
    {
        var root = below is null
            ? Directory.CreateTempSubdirectory("twibackup-store-").FullName
            : Directory.CreateDirectory(Path.Combine(below, $"twibackup-store-{Guid.NewGuid():n}")).FullName;
        var environment = new Dictionary<string, string>();
        return new TestStore(ObjectStoreFactory.Open($"file://{root}", environment), $"file://{root}", environment, root: root);
    }

    /// <summary>A store in a new bucket of the test run's S3 server, below a prefix. Object lock needs versions.</summary>
    public static async Task<TestStore> NewS3StoreAsync(bool versioned = true, bool objectLock = false, string prefix = "some/prefix") =>
        await NewS3StoreAsync(await S3TestServer.GetAsync(), versioned, objectLock, prefix);

    /// <summary>The same on a server of the test's own.</summary>
    public static async Task<TestStore> NewS3StoreAsync(S3TestServer server, bool versioned = true, bool objectLock = false, string prefix = "some/prefix")
    {
        var environment = server.EnvironmentOf("owner");
        var bucket = await NewBucketAsync(server, versioned, objectLock);
        var url = UrlOf(server.Endpoint, bucket, prefix);
        return new TestStore(ObjectStoreFactory.Open(url, environment), url, environment, bucket);
    }

    public static string UrlOf(Uri endpoint, string bucket, string prefix) =>
        $"s3://{bucket}/{prefix}?endpoint={endpoint.GetLeftPart(UriPartial.Authority)}&forcePathStyle=true";

    /// <summary>A new bucket that belongs to the server's user <c>owner</c>.</summary>
    public static async Task<string> NewBucketAsync(bool versioned, bool objectLock) =>
        await NewBucketAsync(await S3TestServer.GetAsync(), versioned, objectLock);

    /// <summary>A bare client, for what the store does not do: buckets, policies, uploads under way.</summary>
    public static async Task<AmazonS3Client> NewClientAsync(string user) => NewClient(await S3TestServer.GetAsync(), user);

    private static async Task<string> NewBucketAsync(S3TestServer server, bool versioned, bool objectLock)
    {
        using var client = NewClient(server, "owner");
        var bucket = $"test-{Guid.NewGuid():n}";
        await client.PutBucketAsync(new PutBucketRequest { BucketName = bucket, ObjectLockEnabledForBucket = objectLock });
        if (versioned && !objectLock)
        {
            await client.PutBucketVersioningAsync(new PutBucketVersioningRequest
            {
                BucketName = bucket,
                VersioningConfig = new S3BucketVersioningConfig { Status = VersionStatus.Enabled },
            });
        }
        return bucket;
    }

    /// <summary>The same on a server of the test's own.</summary>
    public static AmazonS3Client NewClient(S3TestServer server, string user)
    {
        var environment = server.EnvironmentOf(user);
        return new AmazonS3Client(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], new AmazonS3Config
        {
            ServiceURL = server.Endpoint.ToString(),
            ForcePathStyle = true,
            AuthenticationRegion = "us-east-1",
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
    }
}
