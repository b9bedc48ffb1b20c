using TwiBackup.Catalog;
using TwiBackup.Progress;

namespace TwiBackup.Files;

/// <summary>The archive of a configuration or log set, opened and judged.</summary>
internal sealed class SetArchive
{
    private readonly SetCatalog catalog;
    private readonly BackupSet set;
    private readonly IProgressReporter progress;

    private SetArchive(SetCatalog catalog, BackupSet set, FileIndex index, IProgressReporter progress) =>
        (this.catalog, this.set, Index, this.progress) = (catalog, set, index, progress);

    public FileIndex Index { get; }

    /// <summary>Reads and checks the index.</summary>
    /// <exception cref="TwiBackupException">It is not there, not what was written, or breaks <see cref="ArchiveRules"/>.</exception>
    public static async Task<SetArchive> OpenAsync(
        SetCatalog catalog, BackupSet set, IProgressReporter progress, CancellationToken cancellationToken)
    {
        RequireIdentity(catalog);
        var index = await SetObjects.ReadAsync(
            catalog, set, Entry(catalog, set, ArchiveWriter.IndexName),
            async plain =>
            {
                var read = await FileIndex.ReadAsync(plain, cancellationToken);
                ArchiveRules.Check(read);
                return read;
            },
            progress, cancellationToken);
        return new SetArchive(catalog, set, index, progress);
    }

    /// <summary>Reads the archive itself; <paramref name="use"/> may be called again with another version of the object.</summary>
    public Task<T> ReadAsync<T>(string name, Func<Stream, Task<T>> use, CancellationToken cancellationToken) =>
        SetObjects.ReadAsync(catalog, set, Entry(catalog, set, name), use, progress, cancellationToken);

    /// <summary>Puts everything below a root. A failure leaves the place as it was.</summary>
    public async Task<FileRestoreResult> RestoreAsync(string name, FileRestore restore, CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(name, async plain =>
            {
                await restore.StageAsync(Index, plain, cancellationToken);
                return true;
            }, cancellationToken);
            return restore.Commit(Index);
        }
        catch
        {
            restore.Undo();
            throw;
        }
    }

    /// <summary>Throws wrong use when nothing could be opened.</summary>
    public static void RequireIdentity(SetCatalog catalog)
    {
        if (catalog.Keys.Identities.Count == 0)
            throw new TwiBackupException(ExitCode.WrongUse, "The policy names no identity, and without one nothing can be opened. Name "
                + "the file with AGE-SECRET-KEY-1… as keys.identity.");
    }

    private static ManifestObject Entry(SetCatalog catalog, BackupSet set, string name) =>
        set.Manifest.Objects.FirstOrDefault(o => o.Name == name)
        ?? throw new TwiBackupException(
            $"{catalog.Store.Location}/{set.Manifest.Prefix} lists no {name}; it is no {set.Kind.Name()} set that this program knows.",
            new InvalidDataException(name));
}
