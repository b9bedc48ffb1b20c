using System.Text.Json.Nodes;
using Amazon.S3;
using Amazon.S3.Model;
using TwiBackup.Progress;
using TwiBackup.Rehearsal;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Rehearsal;

/// <summary>What is lost or attacked is the store itself: folders, and buckets of a real S3 server.</summary>
public sealed class StoreScenariosTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lost_region_is_recovered_from_the_replica_and_the_other_one_from_the_first_again()
    {
        var report = await SmallRehearsal.RunAsync("lost-region", o => o with { Objectives = o.Objectives with { Replica = new(TimeSpan.FromMinutes(30)) } });
        SmallRehearsal.Met(report);
        Assert.Equal(2, report.Disasters);
        Assert.Equal(2, report.Checks.Count(c => c.Name.StartsWith("only what had arrived whole was used", StringComparison.Ordinal)));
        // Under an objective of its own.
        Assert.Equal(1800, report.Components.Single(c => c.Name == "database").RpoObjectiveSeconds);
    }

    [Fact]
    public async Task A_lost_bucket_is_recovered_from_a_bucket_in_another_place()
    {
        await using var first = await TestStores.NewS3StoreAsync(versioned: false);
        await using var second = await TestStores.NewS3StoreAsync(versioned: false);
        var report = await SmallRehearsal.RunAsync("lost-region", o => o with
        {
            Kills = 1, Store = first.Url, Replica = second.Url, Environment = With(o.Environment, first.Environment),
        });
        SmallRehearsal.Met(report);

        // Of either nothing is left but the signed report.
        Assert.Equal([$"rehearsal/rehearsal/{report.Id}.json", $"rehearsal/rehearsal/{report.Id}.json.minisig"], await KeysAsync(first));
        Assert.Empty(await KeysAsync(second));
    }

    [Fact]
    public async Task With_the_writers_rights_an_attacker_can_not_take_away_what_a_locked_bucket_keeps()
    {
        await using var store = await TestStores.NewS3StoreAsync(objectLock: true);
        var server = await S3TestServer.GetAsync();
        await LockAndShareAsync(store.Bucket);
        var report = await SmallRehearsal.RunAsync(
            o => new Ransomware(o, SilentProgress.Instance) { HasReplica = false },
            o => o with { Store = store.Url, Environment = With(o.Environment, store.Environment), WriterEnvironment = server.EnvironmentOf("writer") });
        SmallRehearsal.Met(report);
        var deeds = report.Notes[0];
        Assert.Contains("deleted none (", deeds, StringComparison.Ordinal);
        Assert.Contains("destroyed for good none (", deeds, StringComparison.Ordinal);
        Assert.DoesNotContain("overwrote none", deeds, StringComparison.Ordinal);
        Assert.DoesNotContain("planted none", deeds, StringComparison.Ordinal);
        Assert.Contains(report.Notes, n => n.StartsWith($"Recovered from s3://{store.Bucket}", StringComparison.Ordinal) && n.Contains("itself", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_bucket_lets_its_owner_destroy_is_recovered_from_the_replica()
    {
        await using var store = await TestStores.NewS3StoreAsync();
        var report = await SmallRehearsal.RunAsync("ransomware", o => o with { Store = store.Url, Environment = With(o.Environment, store.Environment) });
        SmallRehearsal.Met(report);
        Assert.DoesNotContain("refused", report.Notes[0], StringComparison.Ordinal);
        Assert.Contains(report.Notes, n => n.StartsWith("Recovered from the replica", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_that_the_attacker_may_write_defends_nothing_and_the_replica_does()
    {
        var report = await SmallRehearsal.RunAsync("ransomware");
        SmallRehearsal.Met(report);
        Assert.Contains(report.Notes, n => n.StartsWith("Nothing can be recovered from the store itself", StringComparison.Ordinal));
        Assert.Contains(report.Notes, n => n.StartsWith("Recovered from the replica", StringComparison.Ordinal));
    }

    [Fact]
    public async Task On_a_store_that_forgets_and_without_a_replica_the_loss_is_reported()
    {
        var report = await SmallRehearsal.RunAsync(o => new Ransomware(o, SilentProgress.Instance) { HasReplica = false });
        Assert.False(report.Met);
        Assert.Contains("Nothing was left to recover from", report.Failure, StringComparison.Ordinal);
        Assert.All(report.Components, c => Assert.False(c.Met, c.Name));
    }

    /// <summary>A lock for a day, and a writer that may put and list; the owner reads what the writer put.</summary>
    private static async Task LockAndShareAsync(string bucket)
    {
        using var owner = await TestStores.NewClientAsync("owner");
        await owner.PutObjectLockConfigurationAsync(
            new PutObjectLockConfigurationRequest
            {
                BucketName = bucket,
                ObjectLockConfiguration = new ObjectLockConfiguration
                {
                    ObjectLockEnabled = ObjectLockEnabled.Enabled,
                    Rule = new ObjectLockRule { DefaultRetention = new DefaultRetention { Mode = ObjectLockRetentionMode.Governance, Days = 1 } },
                },
            },
            Cancellation);
        var policy = new JsonObject
        {
            ["Version"] = "2012-10-17",
            ["Statement"] = new JsonArray(
                Allow("writer", $"arn:aws:s3:::{bucket}", "s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
                Allow("writer", $"arn:aws:s3:::{bucket}/*", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
                Allow("owner", $"arn:aws:s3:::{bucket}/*", "s3:GetObject", "s3:GetObjectVersion")),
        };
        await owner.PutBucketPolicyAsync(bucket, policy.ToJsonString(), Cancellation);
    }

    private static JsonObject Allow(string user, string resource, params string[] actions) => new()
    {
        ["Effect"] = "Allow",
        ["Principal"] = new JsonObject { ["AWS"] = $"arn:aws:iam:::user/{user}" },
        ["Action"] = new JsonArray([.. actions.Select(a => JsonValue.Create(a))]),
        ["Resource"] = resource,
    };

    private static Dictionary<string, string> With(IReadOnlyDictionary<string, string> variables, IReadOnlyDictionary<string, string> others)
    {
        var all = new Dictionary<string, string>(variables);
        foreach (var (name, value) in others)
            all[name] = value;
        return all;
    }

    private static async Task<List<string>> KeysAsync(TestStore store)
    {
        var keys = new List<string>();
        await foreach (var version in store.Store.ListVersionsAsync("", Cancellation))
            keys.Add(version.Key);
        return keys;
    }
}
