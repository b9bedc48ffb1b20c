using System.Net;
using System.Text.Json.Nodes;
using Amazon.S3;
using Amazon.S3.Model;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Roles;
using TwiBackup.Infra.Storage;
using TwiBackup.Infra.Tests.Support;

namespace TwiBackup.Infra.Tests.Storage;

/// <summary>
/// What the program computed, put to a real S3 server. radosgw takes the conditions on puts without enforcing them, so those are judged by
/// <see cref="RolePoliciesTests"/>; here it is proven that what was there can still be restored.
/// </summary>
public sealed class RadosGatewayTests
{
    private const string Region = "eu-central-1";
    private const string Set = "twi-bot/database/full/20261123T020000Z-9f3c/";

    [Fact]
    public async Task The_writer_can_put_and_list_and_neither_delete_nor_tag_nor_read_data()
    {
        var (owner, writer, bucket) = await LockedBucketAsync("writer");
        await PutAsync(writer, bucket, $"{Set}base.0001.tar.zst.age", "sealed");

        // radosgw has no enforced ownership and lets who put an object read it; so what is to be read here was put by the owner.
        await PutAsync(owner, bucket, $"{Set}base.0000.tar.zst.age", "sealed");
        await PutAsync(owner, bucket, $"{Set}manifest.json", "{}");
        Assert.Equal(3, (await writer.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket, Prefix = Set })).KeyCount);

        // radosgw's star in the middle of a pattern goes up to the next slash only, Amazon's over any.
        await PutAsync(owner, bucket, "twi-bot/x/manifest.json", "{}");
        Assert.Equal("{}", await ReadAsync(writer, bucket, "twi-bot/x/manifest.json"));
        await DeniedAsync(() => writer.GetObjectAsync(bucket, $"{Set}base.0000.tar.zst.age"));
        await DeniedAsync(() => writer.PutObjectTaggingAsync(Tagging(bucket, $"{Set}manifest.json", RetentionTag.Expire)));

        // What it put itself it cannot delete either, hidden or for good.
        foreach (var version in (await owner.ListVersionsAsync(bucket, Set)).Versions)
        {
            await DeniedAsync(() => writer.DeleteObjectAsync(bucket, version.Key));
            await DeniedAsync(() => writer.DeleteObjectAsync(bucket, version.Key, version.VersionId));
        }

        Assert.Equal(3, await EntriesAsync(owner, bucket, Set));
        await DeniedAsync(() => PutAsync(writer, bucket, "twi-bot/verification/x.json", "{}"));
        await DeniedAsync(() => PutAsync(writer, bucket, "orders/database/full/x/manifest.json", "{}"));
        await DeniedAsync(() => writer.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket, Prefix = "orders/" }));
    }

    [Fact]
    public async Task What_the_writer_overwrites_is_still_restored_from_its_old_version()
    {
        var (owner, writer, bucket) = await LockedBucketAsync("overwrite");
        var key = $"{Set}base.0000.tar.zst.age";
        await PutAsync(writer, bucket, key, "the good one");
        await PutAsync(writer, bucket, key, "ransom");
        Assert.Equal("ransom", await ReadAsync(owner, bucket, key));
        var old = (await owner.ListVersionsAsync(bucket, key)).Versions.Single(version => version.IsLatest != true).VersionId;
        Assert.Equal("the good one", await ReadAsync(owner, bucket, key, old));

        // Not even the bucket's owner, who may do everything in IAM, gets rid of it before its time.
        await DeniedAsync(() => owner.DeleteObjectAsync(bucket, key, old));
        Assert.Equal("the good one", await ReadAsync(owner, bucket, key, old));
    }

    [Fact]
    public async Task A_conditional_put_never_takes_away_what_was_there()
    {
        var key = $"{Set}manifest.json";
        var gateway = await RadosGateway.GetAsync();
        using var alone = gateway.As("owner");
        await alone.PutBucketAsync("infra-plain");
        await PutAsync(alone, "infra-plain", key, "first", ifNoneMatch: "*");
        var refused = await Assert.ThrowsAsync<AmazonS3Exception>(() => PutAsync(alone, "infra-plain", key, "second", ifNoneMatch: "*"));
        Assert.Equal(HttpStatusCode.PreconditionFailed, refused.StatusCode);

        // On a bucket with versions radosgw forgets the condition, which Amazon keeps; the first is there all the same.
        var (owner, writer, bucket) = await LockedBucketAsync("conditional");
        await PutAsync(writer, bucket, key, "first", ifNoneMatch: "*");
        try
        {
            await PutAsync(writer, bucket, key, "second", ifNoneMatch: "*");
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.PreconditionFailed)
        {
        }

        var first = (await owner.ListVersionsAsync(bucket, key)).Versions.MinBy(version => version.LastModified)!;
        Assert.Equal("first", await ReadAsync(owner, bucket, key, first.VersionId));
    }

    [Fact]
    public async Task Objects_are_locked_for_as_long_as_the_program_says()
    {
        var (owner, writer, bucket) = await LockedBucketAsync("lock");
        await PutAsync(writer, bucket, $"{Set}manifest.json", "{}");
        var head = await owner.GetObjectMetadataAsync(bucket, $"{Set}manifest.json");
        Assert.Equal(ObjectLockMode.Governance, head.ObjectLockMode);
        Assert.InRange((head.ObjectLockRetainUntilDate!.Value.ToUniversalTime() - DateTime.UtcNow).TotalDays, 29.9, 30.1);
    }

    [Fact]
    public async Task Expired_sets_go_and_the_newest_stays_whatever_its_age()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("TWIBACKUP_TEST_S3") is { Length: > 0 } and not "off",
            "The server of TWIBACKUP_TEST_S3 may take real days; start one of our own.");
        var gateway = await RadosGateway.GetAsync();
        using var owner = gateway.As("owner");
        const string bucket = "infra-lifecycle";

        // The shortest times that the policy's proof allows: three days for a full, its data six.
        var system = Samples.Config("prod", policy: text => text
            .Replace("\"keep\": \"30d\"", "\"keep\": \"3d\"", StringComparison.Ordinal)
            .Replace("\"keep\": \"7d\"", "\"keep\": \"1d\"", StringComparison.Ordinal)
            .Replace("\"recoveryWindow\": \"7d\"", "\"recoveryWindow\": \"1d\"", StringComparison.Ordinal)).Systems[0];
        await owner.PutBucketAsync(bucket);
        await owner.PutBucketVersioningAsync(
            new PutBucketVersioningRequest { BucketName = bucket,
                VersioningConfig = new S3BucketVersioningConfig { Status = VersionStatus.Enabled } });
        await owner.PutLifecycleConfigurationAsync(new PutLifecycleConfigurationRequest
        {
            BucketName = bucket,
            // radosgw has one storage class, so the moves are left out.
            Configuration = new LifecycleConfiguration { Rules = [.. LifecycleRules.For(system).Where(rule => rule.Transition is null)
                .Select(RadosGateway.Rule)] },
        });
        const string old = "twi-bot/database/full/20261122T020000Z-0001/";
        foreach (var set in new[] { old, Set })
        {
            await PutAsync(owner, bucket, $"{set}base.0000.tar.zst.age", "data");
            await PutAsync(owner, bucket, $"{set}manifest.json", "{}");
        }

        await PutAsync(owner, bucket, "twi-bot/wal/15-7301/00000001/000000010000000000000001-aa.zst.age", "old");
        await PutAsync(owner, bucket, "twi-bot/wal/15-7301/00000001/000000010000000000000002-bb.zst.age", "new");
        await PutAsync(owner, bucket, $"{Set}base.0000.tar.zst.age", "overwritten");
        await owner.PutObjectTaggingAsync(Tagging(bucket, $"{old}manifest.json", RetentionTag.Expire));
        await owner.PutObjectTaggingAsync(Tagging(bucket, $"{old}base.0000.tar.zst.age", RetentionTag.ExpireData));
        await owner.PutObjectTaggingAsync(
            Tagging(bucket, "twi-bot/wal/15-7301/00000001/000000010000000000000001-aa.zst.age", RetentionTag.Expire));

        // Everything of the old set is destroyed, its delete markers too.
        await UntilAsync(async () => await EntriesAsync(owner, bucket, old) == 0
            && await EntriesAsync(owner, bucket, "twi-bot/wal/15-7301/00000001/000000010000000000000001") == 0);
        var left = (await owner.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket })).S3Objects.Select(found => found.Key);
        Assert.Equal([$"{Set}base.0000.tar.zst.age", $"{Set}manifest.json",
            "twi-bot/wal/15-7301/00000001/000000010000000000000002-bb.zst.age"], left);

        // The version that was overwritten has no tag, so it stays too.
        Assert.Equal(2, (await owner.ListVersionsAsync(bucket, $"{Set}base")).Versions.Count);
    }

    /// <summary>The primary bucket as the program makes it: its lock, policy and lifecycle, and the writer role's rights for a
    /// user.</summary>
    private static async Task<(AmazonS3Client Owner, AmazonS3Client Writer, string Bucket)> LockedBucketAsync(string name)
    {
        var gateway = await RadosGateway.GetAsync();
        var owner = gateway.As("owner");
        var config = Samples.Config("prod", new Dictionary<string, string?> { ["twibackup:primaryBucket"] = $"infra-{name}" });
        var bucket = config.Names.Bucket(Region);
        await owner.PutBucketAsync(new PutBucketRequest { BucketName = bucket, ObjectLockEnabledForBucket = true });
        await owner.PutObjectLockConfigurationAsync(new PutObjectLockConfigurationRequest
        {
            BucketName = bucket,
            ObjectLockConfiguration = new ObjectLockConfiguration
            {
                ObjectLockEnabled = ObjectLockEnabled.Enabled,
                Rule = new ObjectLockRule { DefaultRetention = new DefaultRetention { Mode = ObjectLockRetentionMode.Governance,
                    Days = LockDays.Default(config.Systems) } },
            },
        });
        await owner.PutLifecycleConfigurationAsync(new PutLifecycleConfigurationRequest
        {
            BucketName = bucket,
            Configuration = new LifecycleConfiguration { Rules = [.. config.Systems.SelectMany(LifecycleRules.For)
                .Where(rule => rule.Transition is null).Select(RadosGateway.Rule)] },
        });
        // It is taken. Left there, it may keep the server from the other bucket: each of its short days begins anew with the first.
        await owner.DeleteLifecycleConfigurationAsync(bucket);
        await PutPolicyAsync(owner, config, bucket);
        return (owner, gateway.As("writer"), bucket);
    }

    private static async Task PutPolicyAsync(AmazonS3Client owner, StackConfig config, string bucket)
    {
        var whole = BucketPolicies.For(config, Region, Samples.KeyArns[Region], [config.Names.RoleArn("twi-bot", JobRole.Writer)]);
        var document = JsonNode.Parse(whole.ToJson())!;
        var statements = document["Statement"]!.AsArray();
        void LeaveOut(IReadOnlyList<string> sids)
        {
            Assert.All(sids, sid => Assert.Contains(statements, statement => statement!["Sid"]!.GetValue<string>() == sid));
            foreach (var statement in statements.Where(statement => sids.Contains(statement!["Sid"]!.GetValue<string>())).ToList())
                statements.Remove(statement);
        }

        // radosgw 16 has no words for replication nor for conditions over sets. Everything else is taken as it is, plain HTTP's denial too.
        LeaveOut(["DenyUnknownReplication", "DenyReplicatedDeletes", "DenyOtherTags"]);
        await owner.PutBucketPolicyAsync(bucket, document.ToJsonString());

        // To go on talking to this server over plain HTTP, as a user and not as a role, three more have to go;
        // and two whose "Null": "false" it takes for true when the header is absent.
        LeaveOut(["DenyPlainHttp", "DenyOldTls", "DenyUnknownRoles", "DenyCustomerKey", "DenyTagsOnPut"]);
        var granted = RadosGateway.Granted(
            RolePolicies.For(JobRole.Writer, config.Systems[0], config.Names, Samples.KeyArns), "writer", config.Names.BucketArn(Region));
        foreach (var statement in granted.ToList())
        {
            granted.Remove(statement);
            statements.Add(statement);
        }

        await owner.DeleteBucketPolicyAsync(bucket);
        await owner.PutBucketPolicyAsync(bucket, document.ToJsonString());
    }

    private static Task<PutObjectResponse> PutAsync(
        AmazonS3Client client, string bucket, string key, string text, string? ifNoneMatch = null) =>
        client.PutObjectAsync(
            new PutObjectRequest { BucketName = bucket, Key = key, ContentBody = text, IfNoneMatch = ifNoneMatch,
                CannedACL = S3CannedACL.BucketOwnerFullControl });

    private static PutObjectTaggingRequest Tagging(string bucket, string key, string value) =>
        new() { BucketName = bucket, Key = key, Tagging = new Tagging { TagSet = [new Tag { Key = RetentionTag.Key, Value = value }] } };

    private static async Task<string> ReadAsync(AmazonS3Client client, string bucket, string key, string? version = null)
    {
        using var answer = await client.GetObjectAsync(new GetObjectRequest { BucketName = bucket, Key = key, VersionId = version });
        using var reader = new StreamReader(answer.ResponseStream);
        return await reader.ReadToEndAsync();
    }

    private static async Task DeniedAsync(Func<Task> request) =>
        Assert.Equal(HttpStatusCode.Forbidden, (await Assert.ThrowsAsync<AmazonS3Exception>(request)).StatusCode);

    /// <summary>Versions and delete markers.</summary>
    private static async Task<int> EntriesAsync(AmazonS3Client client, string bucket, string prefix) =>
        (await client.ListVersionsAsync(bucket, prefix)).Versions?.Count ?? 0;

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        while (!await condition())
            await Task.Delay(500, deadline.Token);
    }
}
