using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Verification;

namespace TwiBackup.Status;

/// <summary>
/// Looks at the stores and says how each component stands against the policy. Needs public keys only. May be asked again and again.
/// </summary>
/// <param name="replica">Null: the policy has none.</param>
/// <param name="rehearsals">The signed outcomes of rehearsals, oldest first; null: nobody tells.</param>
public sealed class StatusReader(
    BackupPolicy policy, SetCatalog primary, SetCatalog? replica, VerificationLog verifications, TimeProvider clock,
    Func<CancellationToken, Task<IReadOnlyList<RehearsalOutcome>>>? rehearsals = null)
{
    private readonly StoreSets sets = new(primary);
    private readonly StoredRecords<VerificationRecord> records = new(primary.Store, CatalogKeys.Verifications(policy.System), verifications.ListAsync);
    private readonly StoredRecords<RehearsalOutcome> outcomes = new(
        primary.Store, CatalogKeys.Rehearsals(policy.System), rehearsals ?? (_ => Task.FromResult<IReadOnlyList<RehearsalOutcome>>([])));
    private readonly ReplicaReader? replicas = replica is null ? null : new ReplicaReader(policy, replica);

    /// <summary>Looks now. Throws <see cref="TwiBackupException"/> when the primary store can't be read.</summary>
    public async Task<SystemStatus> ReadAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return await StatusOfAsync(await LookAsync(now, cancellationToken), now, cancellationToken);
    }

    /// <summary>The same, with what the store tells of the past.</summary>
    public async Task<(SystemStatus Status, SystemHistory History)> ReadHistoryAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var seen = await LookAsync(now, cancellationToken);
        var history = await HistoryOfAsync(seen, now, cancellationToken);
        return (await StatusOfAsync(seen, now, cancellationToken), history);
    }

    private async Task<Seen> LookAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var listings = new Dictionary<SetKind, CatalogListing>();
        foreach (var kind in SetKinds.All)
            listings[kind] = await sets.ListAsync(kind, cancellationToken);
        var verified = await records.ListAsync(cancellationToken);
        var reach = policy.Database.Mode == DatabaseMode.Physical
            ? await WalReach.ReadAsync(primary.Store, policy.System, listings[SetKind.Full], Flush, now, cancellationToken)
            : null;
        return new Seen(listings, verified, reach, [.. (await outcomes.ListAsync(cancellationToken)).Where(r => r.At <= now)]);
    }

    private TimeSpan Flush => policy.Backups.Incremental?.FlushInterval ?? TimeSpan.Zero;

    private async Task<SystemStatus> StatusOfAsync(Seen seen, DateTimeOffset now, CancellationToken cancellationToken) => new()
    {
        Format = SystemStatus.CurrentFormat,
        System = policy.System,
        Store = primary.Store.Location,
        At = now,
        Components = [.. new Components(policy, seen.Listings, seen.Records, seen.Reach, seen.Rehearsals, now).All()],
        Recoverable = seen.Reach?.Point,
        FullNeeded = policy.Backups.Full is null ? null : seen.Reach?.FullNeeded,
        Replica = replicas is null ? null : await replicas.ReadAsync(seen.Listings, now, cancellationToken),
    };

    private async Task<SystemHistory> HistoryOfAsync(Seen seen, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var proven = seen.Records.Where(r => r.Proven).GroupBy(r => r.Set).ToDictionary(g => g.Key, g => g.Max(r => r.CompletedAt), StringComparer.Ordinal);
        var chains = await WalReach.ChainsAsync(primary.Store, policy.System, seen.Listings[SetKind.Full], seen.Reach, cancellationToken);
        return new SystemHistory
        {
            Timelines = [.. new Timelines(policy, seen.Listings, seen.Records, seen.Reach, chains, now).All()],
            Sets = [.. SetKinds.All.SelectMany(kind => seen.Listings[kind].Sets).Select(s => LineOf(s, proven))],
            Verifications = seen.Records,
        };
    }

    private static SetHistory LineOf(BackupSet set, Dictionary<string, DateTimeOffset> proven)
    {
        var m = set.Manifest;
        return new SetHistory(
            m.Kind, m.Id, Timelines.StateOf(set), m.KeepUntil, m.PlainBytes, m.StoredBytes, (m.CompletedAt - m.StartedAt).TotalSeconds,
            proven.TryGetValue($"{m.Kind}/{m.Id}", out var at) ? at : null);
    }

    /// <summary>What one look at the primary store found.</summary>
    private sealed record Seen(
        IReadOnlyDictionary<SetKind, CatalogListing> Listings, IReadOnlyList<VerificationRecord> Records, WalReach? Reach,
        IReadOnlyList<RehearsalOutcome> Rehearsals);
}
