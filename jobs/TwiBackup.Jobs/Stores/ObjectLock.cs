using TwiBackup.Policy;

namespace TwiBackup.Stores;

/// <summary>
/// Until when S3 keeps each object from being deleted, by where it lies: what a policy asks for whose lock names no days, "each object for
/// as long as it is kept". See S3's manual, "Locking objects with Object Lock".
/// </summary>
public sealed class ObjectLock
{
    // The data of a set is put before its manifest, from which its time counts.
    private static readonly TimeSpan LongestBackup = TimeSpan.FromDays(1);

    private readonly IReadOnlyList<(string Folder, TimeSpan Keep)> kinds;

    private ObjectLock(LockMode mode, IReadOnlyList<(string Folder, TimeSpan Keep)> kinds) => (Mode, this.kinds) = (mode, kinds);

    public LockMode Mode { get; }

    /// <summary>The lock of a policy; null when it has none, or when its days are the bucket's default.</summary>
    public static ObjectLock? Of(BackupPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Stores.Lock is { Days: null } wanted
            ? new ObjectLock(wanted.Mode, [.. StoreKind.Of(policy).Select(kind => ($"{policy.System}/{kind.Folder}", kind.Keep))])
            : null;
    }

    /// <summary>Until when an object that is put now is held; null: it is of no kind that is kept.</summary>
    public DateTimeOffset? Until(string key, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(key);
        foreach (var (folder, keep) in kinds)
        {
            if (key.StartsWith(folder, StringComparison.Ordinal))
                return now + keep + LongestBackup;
        }

        return null;
    }
}
