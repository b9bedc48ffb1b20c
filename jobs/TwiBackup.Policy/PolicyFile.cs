using TwiBackup.Policy.Json;

namespace TwiBackup.Policy;

/// <summary>Finds and reads the policy.</summary>
public static class PolicyFile
{
    /// <summary>The file's name.</summary>
    public const string Name = "twibackup.json";

    /// <summary>The environment variable that names the file.</summary>
    public const string Variable = "TWIBACKUP_POLICY";

    private const int MaximumBytes = 1024 * 1024;

    private static string SystemPath => Path.Combine("/etc/twibackup", Name);

    /// <summary>
    /// The policy's path: the one given (<c>--policy</c>), else TWIBACKUP_POLICY, else ./twibackup.json,
    /// else /etc/twibackup/twibackup.json.
    /// </summary>
    /// <param name="given">What the command line says; null: nothing.</param>
    /// <param name="environment">The variables this process was started with.</param>
    /// <exception cref="TwiBackupException">There is none (wrong use).</exception>
    public static string Find(string? given, IReadOnlyDictionary<string, string> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (!string.IsNullOrEmpty(given))
            return given;
        if (environment.TryGetValue(Variable, out var named) && named.Length > 0)
            return named;
        return new[] { Name, SystemPath }.FirstOrDefault(File.Exists)
            ?? throw new TwiBackupException(
                ExitCode.WrongUse,
                $"There is no policy: neither ./{Name} nor {SystemPath} exists. Name one with --policy FILE or in {Variable}.");
    }

    /// <summary>Reads a policy file.</summary>
    /// <exception cref="PolicyException">Something in it is wrong: one line for each error.</exception>
    /// <exception cref="TwiBackupException">It cannot be read (wrong use).</exception>
    public static BackupPolicy Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaximumBytes })
                throw new TwiBackupException(ExitCode.WrongUse, $"The policy {path} is longer than 1 MiB; name the right file.");
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var why = e is FileNotFoundException or DirectoryNotFoundException
                ? "does not exist; name another with --policy FILE"
                : "cannot be read by this user; make it readable";
            throw new TwiBackupException(ExitCode.WrongUse, $"The policy {path} {why}.", e);
        }
    }

    /// <summary>Reads a policy's text: JSON with comments and trailing commas.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="path">The file's path, for messages; relative paths in the policy start at its folder.</param>
    /// <exception cref="PolicyException">Something in it is wrong: one line for each error.</exception>
    public static BackupPolicy Parse(string text, string path)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(path);
        var errors = new PolicyErrors(path);
        var tree = JsonTree.Read(text, errors);
        errors.ThrowIfAny();
        var folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        var policy = PolicyReader.Read(tree!, new SectionContext(errors, folder));
        errors.ThrowIfAny();
        return policy;
    }
}
