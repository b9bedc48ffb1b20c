namespace TwiBackup.Policy.Checks;

/// <summary>Are there two places, and does the lock agree with the retention?</summary>
internal static class StoreChecks
{
    public static void Run(BackupPolicy policy, Findings findings)
    {
        var stores = policy.Stores;
        if (stores.Replica is null)
            findings.Warning(
                "stores.replica", "it is missing, so losing the primary store loses every backup; add a store in another region");
        else
            CheckReplica(stores.Primary, stores.Replica, findings);
        if (stores.Lock is { } bolt)
            CheckLock(policy, bolt, findings);
    }

    private static void CheckReplica(string primary, string replica, Findings findings)
    {
        if (primary == replica)
            findings.Error("stores.replica", $"{replica} is the primary store itself; name another place");
        else if (IsWithin(primary, replica) || IsWithin(replica, primary))
            findings.Error("stores.replica", $"{replica} and the primary store {primary} lie within each other; name another place");
        else if (IsS3(primary) && Bucket(primary) == Bucket(replica) && Parameter(primary, "endpoint") == Parameter(replica, "endpoint"))
            findings.Warning(
                "stores.replica", $"{replica} is in the same bucket as the primary store {primary}; name a bucket in another region");
        else if (IsS3(primary) && IsS3(replica) && Parameter(primary, "region") is { } region && region == Parameter(replica, "region")
            && Parameter(primary, "endpoint") == Parameter(replica, "endpoint"))
            findings.Warning("stores.replica", $"{replica} is in the primary store's region {region}; name a bucket in another region");
    }

    private static void CheckLock(BackupPolicy policy, LockPolicy bolt, Findings findings)
    {
        if (!IsS3(policy.Stores.Primary))
        {
            findings.Error(
                "stores.lock", $"the primary store {policy.Stores.Primary} is a folder and cannot lock objects; take the lock out or use "
                + "S3");
            return;
        }

        if (bolt.Days is not { } days)
            return;
        var (path, keep) = RetentionChecks.Keeps(policy).MaxBy(pair => pair.Keep);
        if (path is not null && TimeSpan.FromDays(days) < keep)
            findings.Error(
                "stores.lock.days", $"{days} days is shorter than {path} {Duration.Format(keep)}; raise it to "
                + $"{Math.Ceiling(keep.TotalDays)}, or leave days out to lock each object for as long as it is kept");
    }

    /// <summary>Whether a normalised URL is one of S3.</summary>
    public static bool IsS3(string url) => url.StartsWith("s3://", StringComparison.Ordinal);

    private static bool IsWithin(string outer, string inner)
    {
        var (outerPlace, innerPlace) = (outer.Split('?')[0], inner.Split('?')[0]);
        return Parameter(outer, "endpoint") == Parameter(inner, "endpoint")
            && (innerPlace == outerPlace || innerPlace.StartsWith($"{outerPlace}/", StringComparison.Ordinal));
    }

    private static string Bucket(string url) => url.Split('?')[0].Split('/') is ["s3:", "", var bucket, ..] ? bucket : "";

    private static string? Parameter(string url, string name) =>
        url.Split('?', 2) is [_, var query]
            ? query.Split('&').FirstOrDefault(pair => pair.StartsWith($"{name}=", StringComparison.Ordinal))?[(name.Length + 1)..]
            : null;
}
