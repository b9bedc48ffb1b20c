using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Amazon.S3;
using Amazon.S3.Model;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Attacks.Retention;

/// <summary>Who has the writer's key on a versioned bucket: may put and list, and here also delete, which leaves a marker.</summary>
internal sealed class BucketAttacker : IDisposable
{
    private const int FloodSize = 40;

    private readonly AmazonS3Client client;
    private readonly string bucket;
    private readonly string prefix;
    private readonly Random random;
    private readonly HashSet<string> versions = new(StringComparer.Ordinal);

    private BucketAttacker(AmazonS3Client client, string bucket, string prefix, Random random) =>
        (this.client, this.bucket, this.prefix, this.random) = (client, bucket, prefix, random);

    public int Overwritten { get; private set; }

    public int Hidden { get; private set; }

    public int Planted { get; private set; }

    /// <summary>Grants the server's user <c>writer</c> what a writer needs, and <c>s3:DeleteObject</c>.</summary>
    public static async Task<BucketAttacker> EnterAsync(S3TestServer server, string bucket, string prefix, Random random)
    {
        static JsonObject Allow(string resource, params string[] actions) => new()
        {
            ["Effect"] = "Allow",
            ["Principal"] = new JsonObject { ["AWS"] = new JsonArray("arn:aws:iam:::user/writer") },
            ["Action"] = new JsonArray([.. actions.Select(action => JsonValue.Create(action))]),
            ["Resource"] = new JsonArray(resource),
        };
        using var owner = TestStores.NewClient(server, "owner");
        var policy = new JsonObject
        {
            ["Version"] = "2012-10-17",
            ["Statement"] = new JsonArray(
                Allow($"arn:aws:s3:::{bucket}", "s3:ListBucket", "s3:ListBucketVersions"),
                Allow($"arn:aws:s3:::{bucket}/*", "s3:PutObject", "s3:PutObjectAcl", "s3:DeleteObject")),
        };
        await owner.PutBucketPolicyAsync(bucket, policy.ToJsonString(), CommandLine.Cancellation);
        return new BucketAttacker(TestStores.NewClient(server, "writer"), bucket, prefix, random);
    }

    /// <summary>Whether the version, or the marker, is of this attacker's making.</summary>
    public bool Made(S3ObjectVersion version) => versions.Contains(version.VersionId);

    /// <summary>Does so many things, each to an object chosen by chance.</summary>
    public async Task StrikeAsync(int times)
    {
        var objects = await ListAsync();
        for (var i = 0; i < times; i++)
        {
            var victim = objects[random.Next(objects.Count)];
            switch (random.Next(5))
            {
                case 0:
                    await OverwriteAsync(victim.Key, (int)Math.Min(victim.Size ?? 0, 1 << 20));
                    break;
                case 1:
                    await OverwriteAsync(victim.Key, random.Next(100));
                    break;
                case 2:
                    await HideAsync(victim.Key);
                    break;
                case 3:
                    var manifests = objects.Where(found => found.Key.EndsWith("/manifest.json", StringComparison.Ordinal)).ToList();
                    if (manifests.Count > 0)
                        await FloodAsync(manifests[random.Next(manifests.Count)].Key);
                    break;
                default:
                    // Planted WAL asks for a target before it (PlantedWalTests); here everything is to be found.
                    var sets = objects.Where(found => found.Key.Contains("/database/full/", StringComparison.Ordinal)).ToList();
                    await PlantAsync(sets[random.Next(sets.Count)].Key);
                    break;
            }
        }
    }

    /// <summary>Hides everything that there is to be seen.</summary>
    public async Task HideAllAsync()
    {
        foreach (var found in await ListAsync())
            await HideAsync(found.Key);
    }

    /// <summary>What the writer may not: destroy a version of an object that is not of its making.</summary>
    public async Task CannotDestroyAsync(string key)
    {
        var page = await client.ListVersionsAsync(new ListVersionsRequest { BucketName = bucket, Prefix = key }, CommandLine.Cancellation);
        var version = page.Versions.First(found => !Made(found));
        var refused = await Assert.ThrowsAsync<AmazonS3Exception>(() => client.DeleteObjectAsync(bucket, version.Key, version.VersionId, CommandLine.Cancellation));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    /// <summary>Puts an object, which is the attacker's own; <paramref name="acl"/> says whether the bucket's owner may read it.</summary>
    public async Task PutAsync(string key, byte[] content, S3CannedACL acl)
    {
        using var body = new MemoryStream(content);
        var answer = await client.PutObjectAsync(
            new PutObjectRequest { BucketName = bucket, Key = key, InputStream = body, CannedACL = acl }, CommandLine.Cancellation);
        versions.Add(answer.VersionId);
    }

    public void Dispose() => client.Dispose();

    private async Task<List<S3Object>> ListAsync()
    {
        var all = new List<S3Object>();
        var request = new ListObjectsV2Request { BucketName = bucket, Prefix = prefix };
        ListObjectsV2Response page;
        do
        {
            page = await client.ListObjectsV2Async(request, CommandLine.Cancellation);
            all.AddRange(page.S3Objects ?? []);
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true);
        return all;
    }

    private async Task OverwriteAsync(string key, int length)
    {
        await PutAsync(key, RandomNumberGenerator.GetBytes(length), AnyAcl());
        Overwritten++;
    }

    private async Task FloodAsync(string key)
    {
        for (var i = 0; i < FloodSize; i++)
            await OverwriteAsync(key, random.Next(2000));
    }

    private async Task HideAsync(string key)
    {
        versions.Add((await client.DeleteObjectAsync(bucket, key, CommandLine.Cancellation)).VersionId);
        Hidden++;
    }

    /// <summary>An object beside another, of a name that could be one of ours.</summary>
    private async Task PlantAsync(string key)
    {
        var at = key.LastIndexOf('/') + 1;
        var name = key[at..].ToCharArray();
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsAsciiHexDigit(name[i]) && random.Next(4) == 0)
                name[i] = "0123456789"[random.Next(10)];
        }

        await PutAsync(key[..at] + new string(name), RandomNumberGenerator.GetBytes(random.Next(5000)), AnyAcl());
        Planted++;
    }

    private S3CannedACL AnyAcl() => random.Next(2) == 0 ? S3CannedACL.BucketOwnerFullControl : S3CannedACL.Private;
}
