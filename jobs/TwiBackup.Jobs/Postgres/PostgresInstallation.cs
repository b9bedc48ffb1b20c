using System.Globalization;

namespace TwiBackup.Postgres;

/// <summary>A folder of PostgreSQL's programs, of one version.</summary>
/// <param name="BinDirectory">Where <c>postgres</c> and its tools lie.</param>
/// <param name="Version">Major and minor, e.g. 15.18.</param>
public sealed record PostgresInstallation(string BinDirectory, Version Version)
{
    /// <summary>The oldest and newest major versions that are worked with.</summary>
    public const int OldestMajor = 13, NewestMajor = 18;

    private const string Server = "postgres";

    private static readonly string[] _roots = ["/usr/lib/postgresql", "/usr/local/lib/postgresql"];
    private static readonly string[] _parents = ["/usr", "/opt/homebrew/opt", "/usr/local/opt", "/usr/libexec"];

    private static readonly string[] _prefixes = ["pgsql-*", "postgresql*"];

    public int Major => Version.Major;

    /// <summary>
    /// All installations with a server, newest first, each once: the folder in <c>TWIBACKUP_PG_BIN</c>, then those of <c>PATH</c>
    /// (links resolved, so that the tools beside a linked one are found), then the folders of Debian, Red Hat and Homebrew.
    /// With <c>TWIBACKUP_PG_BIN</c> only that one.
    /// </summary>
    public static IReadOnlyList<PostgresInstallation> FindAll(IReadOnlyDictionary<string, string> environment) =>
        FindAll(Server, environment);

    /// <summary>
    /// The installation whose client programs read what a server of version <paramref name="major"/> (or a tool of it) wrote: those of the
    /// same version, else the oldest that are newer; older ones refuse it. No server needs to be there. Throws one line that says what to
    /// install.
    /// </summary>
    /// <param name="tool">The program that is needed, e.g. <c>pg_dump</c>.</param>
    /// <param name="major">The least version that will do.</param>
    /// <param name="environment">The variables this process was started with.</param>
    public static PostgresInstallation FindClient(string tool, int major, IReadOnlyDictionary<string, string> environment)
    {
        var all = FindAll(tool, environment);
        if (all.Where(installation => installation.Major >= major).OrderBy(i => i.Major).ThenByDescending(i => i.Version).FirstOrDefault() is { } found)
            return found;
        var there = all.Count == 0 ? "none is here" : $"the newest here is {all[0].Version}, which refuses anything newer";
        throw new TwiBackupException(
            string.Create(CultureInfo.InvariantCulture, $"{tool} of PostgreSQL {major} or newer is needed and {there}. Install the package ")
                + string.Create(CultureInfo.InvariantCulture, $"postgresql-client-{major}, or set TWIBACKUP_PG_BIN to its bin folder."));
    }

    /// <summary>The oldest installed server that takes a logical dump of version <paramref name="major"/>. Throws one line that says what to
    /// install.</summary>
    public static PostgresInstallation FindAtLeast(int major, IReadOnlyDictionary<string, string> environment) =>
        FindAll(environment).Where(installation => installation.Major >= major).OrderBy(i => i.Major).ThenByDescending(i => i.Version)
            .FirstOrDefault() ?? Find(major, environment);

    private static List<PostgresInstallation> FindAll(string program, IReadOnlyDictionary<string, string> environment)
    {
        if (environment.GetValueOrDefault("TWIBACKUP_PG_BIN") is { Length: > 0 } chosen)
        {
            return Inspect(chosen, program) is { } only
                ? [only]
                : throw new TwiBackupException(
                    ExitCode.WrongUse, $"TWIBACKUP_PG_BIN is {chosen}, and there is no {(program == Server ? "PostgreSQL server" : $"{program} of PostgreSQL")}"
                        + $" from {OldestMajor} to {NewestMajor} in it. Name the folder of \"{program}\".");
        }
        return Candidates(program, environment)
            .Distinct(StringComparer.Ordinal)
            .Select(folder => Inspect(folder, program))
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

    private static IEnumerable<string> Candidates(string program, IReadOnlyDictionary<string, string> environment)
    {
        foreach (var folder in (environment.GetValueOrDefault("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            var path = Path.Combine(folder, program);
            if (File.Exists(path))
            {
                var target = new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true);
                yield return Path.GetDirectoryName(target?.FullName ?? path)!;
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

    private static PostgresInstallation? Inspect(string folder, string program)
    {
        var path = Path.Combine(folder, program);
        if (!File.Exists(path))
            return null;
        try
        {
            // Like every program that is not ours it gets nothing of our environment, in which secrets may stand.
            using var process = ChildProcess.StartProcess(new ChildProcessOptions { Program = path, Arguments = ["--version"] }, capture: true);
            process.StandardInput.Close();
            var line = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return ReadVersion(line) is { } version && version.Major is >= OldestMajor and <= NewestMajor
                ? new PostgresInstallation(folder, version)
                : null;
        }
        catch (Exception e) when (e is TwiBackupException or IOException)
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
