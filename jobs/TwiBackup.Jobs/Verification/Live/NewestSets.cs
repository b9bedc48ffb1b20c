using TwiBackup.Catalog;

namespace TwiBackup.Verification.Live;

/// <summary>The newest good set of each kind, read when it is first asked for.</summary>
internal sealed class NewestSets(SetCatalog catalog, TimeProvider clock)
{
    private readonly Dictionary<SetKind, BackupSet?> known = [];

    /// <summary>Of a kind; null: the store holds none that is good and not past its time.</summary>
    public async Task<BackupSet?> FindAsync(SetKind kind, CancellationToken cancellationToken)
    {
        if (!known.TryGetValue(kind, out var set))
            known[kind] = set = (await catalog.ListAsync(kind, cancellationToken)).Newest(clock.GetUtcNow());
        return set;
    }

    /// <summary>The newer of the newest full and the newest dump that say what server they came from.</summary>
    public async Task<BackupSet?> FindServerAsync(CancellationToken cancellationToken)
    {
        BackupSet?[] sets = [await FindAsync(SetKind.Full, cancellationToken), await FindAsync(SetKind.Dump, cancellationToken)];
        return sets.Where(set => set?.Manifest.Database is not null).MaxBy(set => set!.Id, StringComparer.Ordinal);
    }
}
