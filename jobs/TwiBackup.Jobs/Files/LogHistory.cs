using TwiBackup.Catalog;
using TwiBackup.Progress;

namespace TwiBackup.Files;

/// <summary>All logs that are kept, each set in a folder named after it: rotation gives the same names to other logs every week.</summary>
public static class LogHistory
{
    /// <summary>Restores every set up to <paramref name="at"/> that is not past its time, oldest first. Returns them.</summary>
    public static async Task<IReadOnlyList<BackupSet>> RestoreAsync(
        SetCatalog catalog, string folder, DateTimeOffset? at, TimeProvider clock, IProgressReporter progress,
        CancellationToken cancellationToken)
    {
        var sets = await SetChoice.FindAsync(catalog, SetKind.Logs, id: null, at, clock.GetUtcNow(), progress, cancellationToken);
        foreach (var set in sets.Reverse())
        {
            var options = new FilesRestoreOptions { SetId = set.Id, Root = Path.Combine(folder, set.Id) };
            await new FilesRestore(catalog, SetKind.Logs, options, clock, progress).RunAsync(cancellationToken);
        }

        return [.. sets.Reverse()];
    }
}
