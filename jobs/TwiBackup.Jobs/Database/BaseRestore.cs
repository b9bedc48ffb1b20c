using System.Security.Cryptography;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Database;

/// <summary>
/// Lays the base backup of a set down in an empty data directory: volumes in parallel, each checked against the signed manifest while it
/// is read, everything synced, and <c>global/pg_control</c> last, so that a directory restored by half can't be started.
/// </summary>
public sealed class BaseRestore(SetCatalog catalog, ServerAccount owner, int workers, IProgressReporter progress)
{
    /// <summary>Restores <paramref name="set"/> into <paramref name="dataDirectory"/>, which <see cref="RestoreTarget"/> has prepared.</summary>
    /// <exception cref="TwiBackupException">An object is missing, changed or not ours, named; the directory can't be started.</exception>
    public async Task RestoreAsync(BackupSet set, string dataDirectory, CancellationToken cancellationToken)
    {
        var volumes = set.Manifest.Objects.Where(o => o.Name.StartsWith("base.", StringComparison.Ordinal)).ToList();
        progress.Stage("base", volumes.Sum(o => o.PlainLength));
        byte[]? control = null;
        var hasLabel = false;
        // The largest first: the last to finish should be a small one.
        await Parallel.ForEachAsync(
            volumes.OrderByDescending(o => o.PlainLength),
            new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancellationToken },
            async (volume, ct) =>
            {
                var extractor = await SetObjects.ReadAsync(catalog, set, volume, async stream =>
                {
                    var attempt = new BaseExtractor(dataDirectory, owner, progress.Advance);
                    await attempt.ExtractAsync(stream, ct);
                    return attempt;
                }, progress, ct);
                lock (volumes)
                {
                    control ??= extractor.Control;
                    hasLabel |= extractor.HasBackupLabel;
                }
            });
        if (control is null || !hasLabel)
            throw new TwiBackupException($"Set {set.Id} holds no {(control is null ? BaseExtractor.ControlFile : "backup_label")}; it can't be restored. Restore another with --id.");

        var backupManifest = set.Manifest.Objects.FirstOrDefault(o => o.Name == FullBackup.BackupManifestName);
        if (backupManifest is not null)
            await SetObjects.ReadAsync(catalog, set, backupManifest, stream => WriteFileAsync(dataDirectory, "backup_manifest", stream, cancellationToken), progress, cancellationToken);

        FileSync.SyncFileSystem(dataDirectory);
        await using (var content = new MemoryStream(control))
            await WriteFileAsync(dataDirectory, BaseExtractor.ControlFile, content, cancellationToken);
        FileSync.SyncFileSystem(dataDirectory);
    }

    private async Task<bool> WriteFileAsync(string dataDirectory, string name, Stream content, CancellationToken cancellationToken)
    {
        var path = Path.Combine(dataDirectory, name);
        await using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await content.CopyToAsync(file, cancellationToken);
        await file.FlushAsync(cancellationToken);
        owner.Chown(path);
        return true;
    }
}
