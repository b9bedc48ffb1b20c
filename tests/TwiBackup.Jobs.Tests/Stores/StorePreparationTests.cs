using Amazon.S3;
using Amazon.S3.Model;
using TwiBackup.Policy;
using TwiBackup.Stores;

namespace TwiBackup.Tests.Stores;

/// <summary>The place that backups go to, made on a server of one's own.</summary>
public sealed class StorePreparationTests
{
    private readonly string bucket = $"made-{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bucket_is_made_versioned_and_with_object_lock_and_serves_backups()
    {
        var (url, environment) = await PlaceAsync();
        Assert.Contains(": made, versioned, with object lock.", await PrepareAsync(url, environment, new LockPolicy()), StringComparison.Ordinal);
        Assert.Contains(": was there, versioned, with object lock.", await PrepareAsync(url, environment, new LockPolicy()), StringComparison.Ordinal);

        using var client = await TestStores.NewClientAsync("owner");
        Assert.Equal(VersionStatus.Enabled, (await client.GetBucketVersioningAsync(bucket, Cancellation)).VersioningConfig.Status);
        var rules = (await client.GetLifecycleConfigurationAsync(bucket, Cancellation)).Configuration.Rules;
        Assert.Equal(7, Assert.Single(rules).AbortIncompleteMultipartUpload.DaysAfterInitiation);
        Assert.Null(rules[0].Expiration?.Days);

        await using var store = ObjectStoreFactory.Open(url, environment);
        await store.PutBytesAsync("twi/x", new byte[] { 1 }, PutCondition.IfAbsent, Cancellation);
        await Assert.ThrowsAsync<ObjectExistsException>(() => store.PutBytesAsync("twi/x", new byte[] { 2 }, PutCondition.IfAbsent, Cancellation));
    }

    [Fact]
    public async Task Days_in_the_policy_become_the_buckets_default()
    {
        var (url, environment) = await PlaceAsync();
        await PrepareAsync(url, environment, new LockPolicy { Mode = LockMode.Governance, Days = 30 });

        using var client = await TestStores.NewClientAsync("owner");
        var configuration = await client.GetObjectLockConfigurationAsync(new GetObjectLockConfigurationRequest { BucketName = bucket }, Cancellation);
        var retention = configuration.ObjectLockConfiguration.Rule.DefaultRetention;
        Assert.Equal((ObjectLockRetentionMode.Governance, 30), (retention.Mode, retention.Days));
    }

    [Fact]
    public async Task Without_a_lock_a_bucket_only_keeps_its_versions()
    {
        var (url, environment) = await PlaceAsync();
        Assert.EndsWith(": made, versioned.", await PrepareAsync(url, environment, null), StringComparison.Ordinal);
    }

    /// <summary>A lock that is promised and not there would be found out by an attacker first.</summary>
    [Fact]
    public async Task A_bucket_that_was_made_without_lock_is_refused_where_one_is_promised()
    {
        var (url, environment) = await PlaceAsync();
        await PrepareAsync(url, environment, null);
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => PrepareAsync(url, environment, new LockPolicy()));
        Assert.Contains("was made without object lock", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Name another bucket", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Somebody_elses_bucket_is_not_taken()
    {
        var (url, environment) = await PlaceAsync();
        await PrepareAsync(url, environment, null);
        var other = (await S3TestServer.GetAsync()).EnvironmentOf("writer");
        await Assert.ThrowsAsync<TwiBackupException>(() => PrepareAsync(url, other, null));
    }

    [Fact]
    public async Task A_folder_is_made_for_its_owner_alone()
    {
        var folder = Directory.CreateTempSubdirectory("twibackup-made-").FullName;
        try
        {
            var place = Path.Combine(folder, "store");
            Assert.EndsWith(": made.", await PrepareAsync($"file://{place}", [], null), StringComparison.Ordinal);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(place));
            Assert.EndsWith(": was there.", await PrepareAsync($"file://{place}", [], null), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<(string Url, Dictionary<string, string> Environment)> PlaceAsync()
    {
        var server = await S3TestServer.GetAsync();
        return (TestStores.UrlOf(server.Endpoint, bucket, "twi"), server.EnvironmentOf("owner"));
    }

    private static Task<string> PrepareAsync(string url, Dictionary<string, string> environment, LockPolicy? wanted) =>
        StorePreparation.RunAsync(url, environment, wanted, TimeProvider.System, Cancellation);
}
