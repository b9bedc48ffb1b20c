using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Verification;

namespace TwiBackup.Status;

/// <summary>
/// Looks at the stores and says how each component stands against the policy. Needs public keys only. May be asked again and again.
/// </summary>
/// <param name="replica">Null: the policy has none.</param>
public sealed class StatusReader(BackupPolicy policy, SetCatalog primary, SetCatalog? replica, VerificationLog verifications, TimeProvider clock)
{
    private readonly StoreSets sets = new(primary);
    private (int Count, string Last) recordsSeen = (-1, "");
    private IReadOnlyList<VerificationRecord> records = [];
    private readonly ReplicaReader? replicas = replica is null ? null : new ReplicaReader(policy, replica);

    /// <summary>Looks now. Throws <see cref="TwiBackupException"/> when the primary store can't be read.</summary>
    public async Task<SystemStatus> ReadAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var listings = new Dictionary<SetKind, CatalogListing>();
        foreach (var kind in SetKinds.All)
            listings[kind] = await sets.ListAsync(kind, cancellationToken);
        await ReadRecordsAsync(cancellationToken);
        var reach = policy.Database.Mode == DatabaseMode.Physical
            ? await WalReach.ReadAsync(
                primary.Store, policy.System, listings[SetKind.Full], policy.Backups.Incremental?.FlushInterval ?? TimeSpan.Zero, now, cancellationToken)
            : null;
        var components = new Components(policy, listings, records, reach, await RehearsalsAsync(now, cancellationToken), now);
        return new SystemStatus
        {
            Format = SystemStatus.CurrentFormat,
            System = policy.System,
            Store = primary.Store.Location,
            At = now,
            Components = [.. components.All()],
            Recoverable = reach?.Point,
            FullNeeded = policy.Backups.Full is null ? null : reach?.FullNeeded,
            Replica = replicas is null ? null : await replicas.ReadAsync(listings, now, cancellationToken),
        };
    }

    /// <summary>Records never change: they are read again only when there are others.</summary>
    private async Task ReadRecordsAsync(CancellationToken cancellationToken)
    {
        var (count, last) = (0, "");
        await foreach (var info in primary.Store.ListAsync(CatalogKeys.Verifications(policy.System), null, cancellationToken))
            (count, last) = (count + 1, info.Key);
        if ((count, last) == recordsSeen)
            return;
        records = await verifications.ListAsync(cancellationToken);
        recordsSeen = (count, last);
    }

    /// <summary>Times of the rehearsals whose reports are in the store, oldest first.</summary>
    private async Task<List<(string Id, DateTimeOffset At)>> RehearsalsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rehearsals = new List<(string Id, DateTimeOffset At)>();
        var folder = CatalogKeys.Rehearsals(policy.System);
        await foreach (var info in primary.Store.ListAsync(folder, null, cancellationToken))
        {
            var name = info.Key[folder.Length..];
            if (name.EndsWith(".json", StringComparison.Ordinal) && SetId.TryParse(name[..^5], out var at) && at <= now)
                rehearsals.Add((name[..^5], at));
        }

        return [.. rehearsals.OrderBy(r => r.At)];
    }
}
