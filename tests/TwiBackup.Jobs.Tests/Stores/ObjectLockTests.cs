using Amazon.S3;
using Amazon.S3.Model;
using TwiBackup.Policy;
using TwiBackup.Stores;

namespace TwiBackup.Tests.Stores;

/// <summary>A lock without days holds each object for as long as its kind is kept.</summary>
public sealed class ObjectLockTests
{
    private const string Full = "twi/database/full/20261123T020000Z-9f3c/base.0000.tar.zst.age";
    private const string Configuration = "twi/configuration/20261123T020000Z-9f3c/manifest.json";
    private static readonly byte[] One = [1];
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Each_kind_is_locked_for_as_long_as_it_is_kept()
    {
        var held = ObjectLock.Of(Policy())!;

        Assert.Equal(LockMode.Compliance, held.Mode);
        // A day more: a set's data is stored before the manifest from which its time counts.
        Assert.Equal(Now.AddDays(31), held.Until(Full, Now));
        Assert.Equal(Now.AddDays(91), held.Until(Configuration, Now));
        Assert.Equal(Now.AddDays(8), held.Until("twi/wal/15-1/00000001/000000010000000000000001-0.zst.age", Now));
        Assert.Equal(Now.AddDays(366), held.Until("twi/verification/20261123T020000Z-9f3c.json", Now));
        Assert.Null(held.Until("other/database/full/x", Now));
    }

    [Fact]
    public void Days_in_the_policy_are_left_to_the_buckets_default()
    {
        Assert.Null(ObjectLock.Of(Policy(""", "days": 365""")));
    }

    [Fact]
    public async Task What_is_put_in_one_piece_or_in_parts_cannot_be_destroyed_before_its_time()
    {
        await using var test = await TestStores.NewS3StoreAsync(objectLock: true, prefix: "some");
        await using var store = ObjectStoreFactory.Open(test.Url, test.Environment, ObjectLock.Of(Policy("", "governance")));
        var large = new byte[17 << 20];
        await store.PutBytesAsync(Full, large, PutCondition.IfAbsent, CancellationToken.None);
        await store.PutBytesAsync(Configuration, One, PutCondition.IfAbsent, CancellationToken.None);
        await store.PutBytesAsync("else", One, PutCondition.IfAbsent, CancellationToken.None);

        using var client = await TestStores.NewClientAsync("owner");
        foreach (var (key, days) in ((string, int)[])[(Configuration, 91), (Full, 31)])
        {
            var asked = new GetObjectRetentionRequest { BucketName = test.Bucket, Key = $"some/{key}" };
            var retention = (await client.GetObjectRetentionAsync(asked)).Retention;
            Assert.Equal(ObjectLockRetentionMode.Governance, retention.Mode);
            Assert.InRange(retention.RetainUntilDate!.Value.ToUniversalTime() - DateTime.UtcNow, TimeSpan.FromDays(days - 0.1), TimeSpan.FromDays(days + 0.1));
            var version = Assert.Single(await store.ListVersionsAsync(key, CancellationToken.None).ToListAsync());
            await Assert.ThrowsAnyAsync<TwiBackupException>(() => store.DeleteAsync(key, version.Version, CancellationToken.None));
            Assert.NotNull(await store.HeadAsync(key, CancellationToken.None));
        }

        var free = Assert.Single(await store.ListVersionsAsync("else", CancellationToken.None).ToListAsync());
        await store.DeleteAsync("else", free.Version, CancellationToken.None);
        Assert.Null(await store.HeadAsync("else", CancellationToken.None));
    }

    [Fact]
    public async Task A_bucket_that_cannot_lock_is_named_with_what_to_do()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var store = ObjectStoreFactory.Open(test.Url, test.Environment, ObjectLock.Of(Policy()));

        var refused = await Assert.ThrowsAnyAsync<TwiBackupException>(() => store.PutBytesAsync(Full, One, PutCondition.IfAbsent, CancellationToken.None));

        Assert.Contains("stores.lock needs a bucket that was made with object lock", refused.Message, StringComparison.Ordinal);
    }

    private static BackupPolicy Policy(string days = "", string mode = "compliance") => PolicyFile.Parse(
        $$"""
        {
          "version": 1,
          "system": "twi",
          "database": { "mode": "physical", "connection": "host=db" },
          "stores": { "primary": "s3://bucket?region=eu-central-1", "lock": { "mode": "{{mode}}"{{days}} } },
          "keys": { "recipients": ["env:R"] },
          "backups": {
            "full": { "schedule": "0 2 * * *", "keep": "30d" },
            "incremental": { "schedule": "0 * * * *", "keep": "7d" },
            "configuration": { "schedule": "onChange", "keep": "90d", "paths": [{ "path": "/app/.env" }] }
          },
          "objectives": { "database": { "rpo": "1h", "rto": "2h" }, "system": { "rto": "4h" } }
        }
        """,
        "twibackup.json");
}
