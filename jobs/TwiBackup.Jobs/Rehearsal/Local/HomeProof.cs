using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Progress;
using TwiBackup.Verification;

namespace TwiBackup.Rehearsal.Local;

/// <summary>
/// Whether the bot's home came back as it was when it was backed up: every ref, every file with mode, owner and content. Logs, which no
/// recovery waits for, are brought back here.
/// </summary>
internal sealed class HomeProof(LocalSystem system, SetCatalog catalog)
{
    public async Task<IReadOnlyList<Check>> RunAsync(HomeBackups home, CancellationToken cancellationToken) =>
    [
        Compare("repository", home.Refs, await system.Home.RefsAsync(cancellationToken), "refs"),
        Compare("configuration", home.Files, system.Home.Configuration(), "files"),
        await LogsAsync(home, cancellationToken),
    ];

    private async Task<Check> LogsAsync(HomeBackups home, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var set in (await catalog.ListAsync(SetKind.Logs, cancellationToken)).Sets)
                await new FilesRestore(
                    catalog, SetKind.Logs, new FilesRestoreOptions { SetId = set.Id, Root = "/" }, TimeProvider.System, SilentProgress.Instance).RunAsync(cancellationToken);
        }
        catch (TwiBackupException e)
        {
            return new Check("logs", false, e.Message);
        }

        return Compare("logs", home.RotatedLogs, system.Home.RotatedLogs(), "files");
    }

    /// <summary>Values are digests and commits: nothing secret is shown.</summary>
    private static Check Compare(string name, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after, string what)
    {
        var differs = before.Keys.Union(after.Keys).Where(k => before.GetValueOrDefault(k) != after.GetValueOrDefault(k)).Order(StringComparer.Ordinal).ToList();
        return new Check(
            name, differs.Count == 0 && before.Count > 0,
            differs.Count == 0 ? $"{before.Count} {what}, as they were" : $"{differs.Count} of {before.Count} {what} differ: {string.Join(", ", differs.Take(3))}");
    }
}
