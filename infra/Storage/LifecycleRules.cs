using TwiBackup.Infra.Configuration;
using TwiBackup.Policy;

namespace TwiBackup.Infra.Storage;

/// <summary>
/// Compiles a policy's retention into lifecycle rules. The rules are a floor: what may go is said by the tag, which the retention job sets
/// only
/// when something newer has taken an object's place. The same rules go on both buckets, as S3 does not replicate them.
/// </summary>
public static class LifecycleRules
{
    /// <summary>Uploads that nobody finished within this are garbage of a job that was killed.</summary>
    private const int AbortUploadDays = 2;

    /// <summary>What the lifecycle itself made noncurrent need not stay for long; the lock decides.</summary>
    private const int NoncurrentDays = 1;

    /// <summary>The rules of one system, in a stable order.</summary>
    public static IReadOnlyList<LifecycleRule> For(ProtectedSystem system)
    {
        var kinds = StoreKind.Of(system.Policy);
        return
        [
            .. kinds.SelectMany(kind => Expiry(system, kind)),
            .. kinds.Select(kind => Move(system, kind)).OfType<LifecycleRule>(),
            new LifecycleRule($"{system.Name}-housekeeping", system.Prefix) { AbortUploadDays = AbortUploadDays,
                RemoveStaleMarkers = true },
        ];
    }

    /// <summary>Days after which an object of a kind may go.</summary>
    public static int Days(BackupPolicy policy, StoreKind kind)
    {
        var keep = kind.Keep;

        // A segment is needed for as long as the full that the window's first instant starts from, however early it is tagged by mistake.
        if (kind.Name == "wal" && RecoverabilityProof.Of(policy, StackConfig.Epoch).Needed is { } needed && needed > keep)
            keep = needed;
        return (int)Math.Ceiling(keep.TotalDays);
    }

    private static IEnumerable<LifecycleRule> Expiry(ProtectedSystem system, StoreKind kind)
    {
        var rule = new LifecycleRule($"{system.Name}-{kind.Name}", $"{system.Prefix}{kind.Folder}")
        {
            Tag = RetentionTag.Expire,
            ExpireDays = Days(system.Policy, kind),
            NoncurrentDays = NoncurrentDays,
        };
        yield return rule;
        if (kind.IsSet)
            yield return rule with { Id = $"{rule.Id}-data", Tag = RetentionTag.ExpireData,
                ExpireDays = rule.ExpireDays + RetentionTag.DataGraceDays };
    }

    private static LifecycleRule? Move(ProtectedSystem system, StoreKind kind) =>
        kind.IsSet && Transition.For(Days(system.Policy, kind) + RetentionTag.DataGraceDays) is { } transition
            ? new LifecycleRule($"{system.Name}-{kind.Name}-move", $"{system.Prefix}{kind.Folder}") { Transition = transition }
            : null;
}
