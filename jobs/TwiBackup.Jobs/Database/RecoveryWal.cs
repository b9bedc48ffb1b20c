using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Wal;

namespace TwiBackup.Database;

/// <summary>
/// The WAL of one recovery: first what lies in the set itself, then what the archive holds, fetched ahead of replay into the folder from
/// which the server takes it.
/// </summary>
internal sealed class RecoveryWal(SetCatalog catalog, RestorePlan plan, ServerAccount account, IProgressReporter progress) : IAsyncDisposable
{
    /// <summary>Segments that lie ready ahead of replay.</summary>
    private const int Depth = 16;

    private const string Folder = "wal/";
    private const string Suffix = ".zst.age";

    // What the plan does not reach is as absent: behind a hole it must not stop the recovery to a point before it.
    private readonly WalFetch fetch = new(
        catalog.Store, catalog.Keys, plan.Layout,
        new WalFetchOptions(plan.Path.Timeline, plan.Reach, plan.Target.Lsn, plan.Set.Manifest.Database!.WalSegmentSize), progress.Warn);
    private readonly CancellationTokenSource ending = new();
    private Task prefetching = Task.CompletedTask;

    /// <summary>Lays the set's own WAL down and begins to fetch what comes behind it.</summary>
    public async Task BeginAsync(string readyFolder, CancellationToken cancellationToken)
    {
        var facts = plan.Set.Manifest.Database!;
        foreach (var entry in plan.Set.Manifest.Objects.Where(o => o.Name.StartsWith(Folder, StringComparison.Ordinal)))
        {
            var name = entry.Name[Folder.Length..^Suffix.Length];
            if (!entry.Name.EndsWith(Suffix, StringComparison.Ordinal) || !WalSegment.TryParse(name, facts.WalSegmentSize, out _) || entry.PlainLength != facts.WalSegmentSize)
                throw new TwiBackupException($"Set {plan.Set.Id} lists {entry.Name}, which is no WAL segment. Restore another with --id.");
            await SetObjects.ReadAsync(catalog, plan.Set, entry, stream => WriteAsync(Path.Combine(readyFolder, name), stream, cancellationToken), progress, cancellationToken);
        }

        var behind = WalSegment.Containing(new Lsn(plan.Set.StopLsn.Value - 1), facts.Timeline, facts.WalSegmentSize).End;
        var segments = WalPrefetcher.Along(plan.Path, behind, facts.WalSegmentSize);
        // Stays among the restorer's own files until it is whole: the server's account gets it with its name.
        prefetching = Task.Run(() => new WalPrefetcher(fetch, readyFolder, segments, Depth, account.Chown).RunAsync(ending.Token), CancellationToken.None);
    }

    /// <summary>What restore_command is to answer; see <see cref="RecoveryFeed"/>.</summary>
    public async Task<int> FetchAsync(string name, string destination, CancellationToken cancellationToken)
    {
        // A second pass over the same WAL asks for the set's own again, and the archive may begin behind it.
        if (plan.Set.Manifest.Objects.FirstOrDefault(o => o.Name == Folder + name + Suffix) is { } own)
        {
            await SetObjects.ReadAsync(catalog, plan.Set, own, stream => WriteAsync(destination, stream, cancellationToken), progress, cancellationToken);
            return (int)WalFetchResult.Fetched;
        }

        return (int)await fetch.FetchAsync(name, destination, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await prefetching;
        ending.Dispose();
    }

    private async Task<bool> WriteAsync(string path, Stream content, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await content.CopyToAsync(file, 1 << 20, cancellationToken);
        account.Chown(path);
        return true;
    }
}
