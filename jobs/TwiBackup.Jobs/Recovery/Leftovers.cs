using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Progress;

namespace TwiBackup.Recovery;

/// <summary>What a killed restore had staged beside the places of its files: named by its time, read by nobody.</summary>
internal static class Leftovers
{
    private const string StagedSuffix = ".new";

    /// <summary>Removes what was staged in these folders since an instant.</summary>
    public static void Remove(IEnumerable<string> folders, DateTimeOffset since, IProgressReporter progress)
    {
        foreach (var folder in folders.Where(Directory.Exists))
        {
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*" + StagedSuffix))
            {
                if (!IsStagedSince(entry.Name, since))
                    continue;
                try
                {
                    if (entry is DirectoryInfo { LinkTarget: null } staged)
                        staged.Delete(recursive: true);
                    else
                        entry.Delete();
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    progress.Warn($"{entry.FullName} is left of an interrupted restore and can't be removed: {e.Message}");
                }
            }
        }
    }

    private static bool IsStagedSince(string name, DateTimeOffset since)
    {
        if (!AsideName.Is(name) || AsideName.StagedBy(name) is not { } runId || !SetId.TryParse(runId, out var at))
            return false;
        // Ids count whole seconds.
        return at >= since.AddSeconds(-1);
    }
}
