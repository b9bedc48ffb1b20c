using TwiBackup.Policy;

namespace TwiBackup.Stores;

/// <summary>Makes the place that a store's URL names: a bucket, or a folder that is the owner's alone.</summary>
public static class StorePreparation
{
    private const UnixFileMode Mode0700 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes it, or brings what is there up to it. What was done, in one line.</summary>
    /// <param name="url">As a policy names it.</param>
    /// <param name="environment">With the credentials of the bucket's owner.</param>
    /// <param name="wanted">The lock; null: none.</param>
    /// <param name="time">For retries.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TwiBackupException">The URL is wrong, or the server does not let us.</exception>
    public static async Task<string> RunAsync(
        string url, IReadOnlyDictionary<string, string> environment, LockPolicy? wanted, TimeProvider time, CancellationToken cancellationToken)
    {
        var parsed = StoreUrl.Parse(url);
        if (parsed.Scheme != "file")
            return await new BucketPreparation(ObjectStoreFactory.ParseS3(parsed, environment), wanted, time).RunAsync(cancellationToken);

        // Says what is wrong with the URL.
        await using var store = ObjectStoreFactory.Open(url, environment);
        var isNew = !Directory.Exists(parsed.Path);
        if (isNew)
            Directory.CreateDirectory(parsed.Path, Mode0700);
        return $"{store.Location}: {(isNew ? "made" : "was there")}.";
    }
}
