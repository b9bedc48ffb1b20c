using System.Runtime.InteropServices;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Database;

/// <summary>What can be known to fail is refused before a byte is written.</summary>
internal static class RestorePreflight
{
    /// <summary>Throws one line for: another major version, another architecture, a missing extension, too small a disk.</summary>
    public static void Require(RestorePlan plan, PostgresInstallation installation, string dataDirectory)
    {
        var facts = plan.Set.Manifest.Database!;
        var major = facts.ServerVersion / 10000;
        if (installation.Major != major)
            throw new TwiBackupException($"Set {plan.Set.Id} is of PostgreSQL {major}; {installation.BinDirectory} is {installation.Version}. Install the server of version {major} and name it in TWIBACKUP_PG_BIN.");
        RequireArchitecture(plan.Set, facts);
        RequireExtensions(plan.Set, facts, installation);
        RequireDisk(plan, dataDirectory);
    }

    /// <summary>Warnings: what starts, but may answer wrongly.</summary>
    public static IEnumerable<string> Warnings(SourceFacts facts, IReadOnlyDictionary<string, string> here)
    {
        foreach (var (provider, version) in facts.Collations)
        {
            if (here.TryGetValue(provider, out var own) && own != version)
                yield return $"Text was sorted by {provider} {version}, here is {own}: rebuild indexes on text with REINDEX before relying on them.";
        }
    }

    private static void RequireArchitecture(BackupSet set, SourceFacts facts)
    {
        var here = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => "x86_64",
            Architecture.Arm64 => "aarch64",
            var other => other.ToString().ToLowerInvariant(),
        };
        string[] known = ["x86_64", "aarch64"];
        var there = known.FirstOrDefault(k => facts.Platform.Contains(k, StringComparison.Ordinal));
        if (there is not null && there != here)
            throw new TwiBackupException($"Set {set.Id} is of {there}, this machine is {here}; data files can't be moved between them. Restore on {there}, or restore a dump.");
    }

    private static void RequireExtensions(BackupSet set, SourceFacts facts, PostgresInstallation installation)
    {
        // Debian: /usr/share/postgresql/15/extension beside /usr/lib/postgresql/15/bin; elsewhere: <prefix>/share[/postgresql]/extension.
        string[] places =
        [
            $"/usr/share/postgresql/{installation.Major}/extension",
            Path.Combine(installation.BinDirectory, "../share/extension"),
            Path.Combine(installation.BinDirectory, "../share/postgresql/extension"),
        ];
        if (Array.Find(places, Directory.Exists) is not { } folder)
            return;

        var missing = facts.Extensions.Keys.Where(e => !File.Exists(Path.Combine(folder, e + ".control"))).Order(StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
            throw new TwiBackupException($"Set {set.Id} uses the extension{(missing.Count > 1 ? "s" : "")} {string.Join(", ", missing)}, which this machine's PostgreSQL {installation.Major} does not have. Install {(missing.Count > 1 ? "them" : "it")} first.");
    }

    private static void RequireDisk(RestorePlan plan, string dataDirectory)
    {
        var existing = new DirectoryInfo(Path.GetFullPath(dataDirectory));
        while (!existing.Exists && existing.Parent is not null)
            existing = existing.Parent;
        // Replay keeps a few checkpoints' WAL beside the data; what lies ready ahead of it is bounded.
        const long Spare = 512L << 20;
        var needed = plan.Set.Manifest.PlainBytes + Spare;
        var free = new DriveInfo(existing.FullName).AvailableFreeSpace;
        if (free < needed)
            throw new TwiBackupException($"{existing.FullName} has {Sizes.Text(free)} free, the restore needs {Sizes.Text(needed)}. Free space or name another directory.");
    }
}
