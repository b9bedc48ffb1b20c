using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Progress;

namespace TwiBackup.Status;

/// <summary>
/// Compares the replica with the primary store. Replication is late and in no order: a manifest that is there says nothing of its data.
/// </summary>
internal sealed class ReplicaReader(BackupPolicy policy, SetCatalog replica)
{
    private static readonly TimeSpan ReplicationLag = TimeSpan.FromMinutes(15);

    private readonly StoreSets sets = new(replica);

    public async Task<ReplicaStatus> ReadAsync(IReadOnlyDictionary<SetKind, CatalogListing> primary, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rpo = policy.Objectives.Replica.Rpo;
        var status = new ReplicaStatus { Store = replica.Store.Location, State = ComponentState.Good, Detail = "", ObjectiveSeconds = rpo?.TotalSeconds };
        try
        {
            return await CompareAsync(status, primary, now, cancellationToken);
        }
        catch (TwiBackupException e)
        {
            return status with { State = ComponentState.Unknown, Detail = $"it can't be read: {e.Message}" };
        }
    }

    private async Task<ReplicaStatus> CompareAsync(
        ReplicaStatus status, IReadOnlyDictionary<SetKind, CatalogListing> primary, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var missing = new List<string>();
        var (count, late) = (0, 0);
        CatalogListing? fulls = null;
        foreach (var kind in SetKinds.All)
        {
            var here = await sets.ListAsync(kind, cancellationToken);
            var lengths = await LengthsAsync(kind, cancellationToken);
            var whole = here.Sets.Where(s => s.Manifest.Objects.All(o => lengths.GetValueOrDefault(s.Key(o), -1) == o.Length)).ToList();
            if (kind == SetKind.Full)
                fulls = new CatalogListing(whole, here.Refused);
            count += whole.Count;
            var ids = whole.Select(s => s.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var set in primary[kind].Sets.Where(s => !ids.Contains(s.Id) && s.Manifest.KeepUntil > now))
            {
                missing.Add($"{kind.Name()}/{set.Id}");
                late += set.Manifest.CompletedAt < now - ReplicationLag ? 1 : 0;
            }
        }

        var reach = policy.Database.Mode == DatabaseMode.Physical
            ? await WalReach.ReadAsync(
                replica.Store, policy.System, fulls!, policy.Backups.Incremental?.FlushInterval ?? TimeSpan.Zero, now, cancellationToken)
            : null;
        return Judge(status with { Count = count, Missing = missing, Recoverable = reach?.Point }, late, now);
    }

    private ReplicaStatus Judge(ReplicaStatus status, int late, DateTimeOffset now)
    {
        var age = now - status.Recoverable?.Time;
        var isLate = policy.Objectives.Replica.Rpo is { } rpo && policy.Database.Mode == DatabaseMode.Physical && (age is null || age > rpo);
        return status with
        {
            AgeSeconds = age?.TotalSeconds,
            State = late > 0 || isLate ? ComponentState.Missed : ComponentState.Good,
            Detail = late > 0 ? $"{late} of {status.Count + status.Missing.Count} sets are not whole there after {ReplicationLag.TotalMinutes:0} minutes; see the store's replication"
                : isLate ? age is null ? "no full is there" : $"nothing newer than {Sizes.Text(age.Value)} can be recovered from it, and {Duration.Format(policy.Objectives.Replica.Rpo!.Value)} is promised; see the store's replication"
                : status.Missing.Count > 0 ? $"{status.Missing.Count} sets are under way"
                : "has every set",
        };
    }

    private async Task<Dictionary<string, long>> LengthsAsync(SetKind kind, CancellationToken cancellationToken)
    {
        var lengths = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var info in replica.Store.ListAsync($"{policy.System}/{kind.Folder()}", null, cancellationToken))
            lengths[info.Key] = info.Length;
        return lengths;
    }
}
