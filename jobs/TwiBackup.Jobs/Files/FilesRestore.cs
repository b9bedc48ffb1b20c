using TwiBackup.Catalog;
using TwiBackup.Progress;

namespace TwiBackup.Files;

/// <summary>Restores configuration and log sets, and says how a place differs from them.</summary>
public sealed class FilesRestore(
    SetCatalog catalog, SetKind kind, FilesRestoreOptions options, TimeProvider clock, IProgressReporter progress)
{
    private const int ShownNames = 5;
    private readonly RootFolder root = new(Path.GetFullPath(options.Root));
    private readonly Accounts accounts = Accounts.Load();

    private string ArchiveName => kind == SetKind.Logs ? LogBackup.ArchiveName : ConfigurationBackup.ArchiveName;

    /// <summary>Restores one set. Returns it and what was done.</summary>
    /// <exception cref="TwiBackupException">
    /// Something there differs and may not be replaced (wrong use), or nothing good could be read; the place is as it was.
    /// </exception>
    public async Task<(BackupSet Set, FileRestoreResult Result)> RunAsync(CancellationToken cancellationToken)
    {
        SetArchive.RequireIdentity(catalog);
        if (!FileOwner.CanGive)
            progress.Warn("Owners are not restored: only root can give files to others.");
        return await UseAsync(async (set, archive) =>
        {
            if (!options.Replace)
                await RequireNothingReplacedAsync(archive.Index, cancellationToken);
            var restore = new FileRestore(root, accounts, SetId.Create(clock.GetUtcNow()), progress);
            return (set, await archive.RestoreAsync(ArchiveName, restore, cancellationToken));
        }, cancellationToken);
    }

    /// <summary>How the place differs from the set: names, modes, owners and keyed hashes, never content.</summary>
    public async Task<(BackupSet Set, IReadOnlyList<FileDifference> Differences)> CompareAsync(CancellationToken cancellationToken)
    {
        var signer = catalog.Keys.Signer;
        var keyed = signer is null ? TreeComparison.OneTimeKey() : sha256 => TreeHash.Of(sha256, signer);
        return await UseAsync(
            async (set, archive) => (set, await new TreeComparison(root, accounts, keyed).RunAsync(archive.Index, cancellationToken)),
            cancellationToken);
    }

    private async Task<T> UseAsync<T>(Func<BackupSet, SetArchive, Task<T>> use, CancellationToken cancellationToken)
    {
        var sets = await SetChoice.FindAsync(catalog, kind, options.SetId, options.At, clock.GetUtcNow(), progress, cancellationToken);
        return await SetChoice.UseFirstGoodAsync(
            catalog, sets, async set => await use(set, await SetArchive.OpenAsync(catalog, set, progress, cancellationToken)),
            progress, cancellationToken);
    }

    private async Task RequireNothingReplacedAsync(FileIndex index, CancellationToken cancellationToken)
    {
        var differences = await new TreeComparison(root, accounts, TreeComparison.OneTimeKey()).RunAsync(index, cancellationToken);
        const FileDifferenceKind harmless = FileDifferenceKind.Missing | FileDifferenceKind.Added;
        var inTheWay = differences.Where(d => (d.Kind & harmless) == 0).Select(d => d.Path).ToList();
        if (inTheWay.Count == 0)
            return;
        var names = string.Join(", ", inTheWay.Take(ShownNames)) + (inTheWay.Count > ShownNames ? ", …" : "");
        throw new TwiBackupException(ExitCode.WrongUse, $"{inTheWay.Count} of {index.Entries.Count} are there and differ: {names}. "
            + "Nothing was touched. See how with --diff; --replace replaces them and keeps what was there aside.");
    }
}
