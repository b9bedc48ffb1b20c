using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace TwiBackup.Postgres;

/// <summary>A folder of PostgreSQL's programs, of one version.</summary>
/// <param name="BinDirectory">Where <c>postgres</c> and its tools lie.</param>
/// <param name="Version">Major and minor, e.g. 15.18.</param>
public sealed record PostgresInstallation(string BinDirectory, Version Version)
{
    /// <summary>The oldest and newest major versions that are worked with.</summary>
    public const int OldestMajor = 13, NewestMajor = 18;

    private static readonly string[] _roots = ["/usr/lib/postgresql", "/usr/local/lib/postgresql"];
    private static readonly string[] _parents = ["/usr", "/opt/homebrew/opt", "/usr/local/opt", "/usr/libexec"];

    private static readonly string[] _prefixes = ["pgsql-*", "postgresql*"];

    public int Major => Version.Major;

    /// <summary>
    /// All installations with a server, newest first, each once: the folder in <c>TWIBACKUP_PG_BIN</c>, then those of <c>PATH</c>
    /// (links resolved, so that the tools beside a linked one are found), then the folders of Debian, Red Hat and Homebrew.
    /// With <c>TWIBACKUP_PG_BIN</c> only that one.
    /// </summary>
    public static IReadOnlyList<PostgresInstallation> FindAll(IReadOnlyDictionary<string, string> environment)
    {
        if (environment.GetValueOrDefault("TWIBACKUP_PG_BIN") is { Length: > 0 } chosen)
        {
            return Inspect(chosen) is { } only
                ? [only]
                : throw new TwiBackupException(
                    ExitCode.WrongUse, $"TWIBACKUP_PG_BIN is {chosen}, and there is no PostgreSQL server from {OldestMajor} to "
                        + $"{NewestMajor} in it. Name the folder of \"postgres\".");
        }
        return Candidates(environment)
            .Distinct(StringComparer.Ordinal)
            .Select(Inspect)
            .OfType<PostgresInstallation>()
            .OrderByDescending(found => found.Version)
            .ToList();
    }

    /// <summary>The newest installation of <paramref name="major"/>, or of any. Throws one line that says what to install.</summary>
    public static PostgresInstallation Find(int? major, IReadOnlyDictionary<string, string> environment)
    {
        var all = FindAll(environment);
        var found = all.FirstOrDefault(installation => major is null || installation.Major == major);
        if (found is not null)
            return found;
        var there = all.Count == 0 ? "none is here" : $"here {(all.Count == 1 ? "is" : "are")} "
            + $"{string.Join(", ", all.Select(one => one.Version))}";
        var wanted = major is null ? "postgresql" : string.Create(CultureInfo.InvariantCulture, $"postgresql-{major}");
        throw new TwiBackupException(
            $"A PostgreSQL {(major is null ? "server" : $"{major} server")} is needed and {there}. Install the package {wanted}, or set "
                + $"TWIBACKUP_PG_BIN to its bin folder.");
    }

    /// <summary>The path of a tool, e.g. <c>pg_verifybackup</c>. Throws one line that names the package.</summary>
    public string Tool(string name)
    {
        var path = Path.Combine(BinDirectory, name);
        if (File.Exists(path))
            return path;
        var package = name is "psql" or "pg_dump" or "pg_dumpall" or "pg_restore" or "pg_isready" or "pg_basebackup" or "pg_receivewal"
            ? $"postgresql-client-{Major}"
            : $"postgresql-{Major}";
        throw new TwiBackupException($"{name} of PostgreSQL {Major} is not in {BinDirectory}. Install the package {package}.");
    }

    private static IEnumerable<string> Candidates(IReadOnlyDictionary<string, string> environment)
    {
        foreach (var folder in (environment.GetValueOrDefault("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            var postgres = Path.Combine(folder, "postgres");
            if (File.Exists(postgres))
            {
                var target = new FileInfo(postgres).ResolveLinkTarget(returnFinalTarget: true);
                yield return Path.GetDirectoryName(target?.FullName ?? postgres)!;
            }
        }
        foreach (var root in _roots.Where(Directory.Exists))
        {
            foreach (var version in Directory.EnumerateDirectories(root))
                yield return Path.Combine(version, "bin");
        }
        foreach (var parent in _parents.Where(Directory.Exists))
        {
            foreach (var version in _prefixes.SelectMany(prefix => Directory.EnumerateDirectories(parent, prefix)))
                yield return Path.Combine(version, "bin");
        }
    }

    private static PostgresInstallation? Inspect(string folder)
    {
        var postgres = Path.Combine(folder, "postgres");
        if (!File.Exists(postgres))
            return null;
        try
        {
            var start = new ProcessStartInfo(postgres, "--version") { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            var line = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return ReadVersion(line) is { } version && version.Major is >= OldestMajor and <= NewestMajor
                ? new PostgresInstallation(folder, version)
                : null;
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return null;
        }
    }

    // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "postgres (PostgreSQL) 18beta1"
    internal static Version? ReadVersion(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 3)
            return null;
        var digits = new string(words[2].Trim().TakeWhile(c => char.IsAsciiDigit(c) || c == '.').ToArray());
        if (Version.TryParse(digits, out var version))
            return new Version(version.Major, version.Minor);
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? new Version(major, 0) : null;
    }
}
