using TwiBackup.Postgres;

namespace TwiBackup.Repositories;

/// <summary>
/// Runs git with settings of our own and nobody else's: no hooks, no prompts, no configuration of the machine or the user. Owns the folder
/// in which those settings stand.
/// </summary>
internal sealed class Git : IDisposable
{
    private readonly GitAccess access;
    private readonly string home;
    private readonly (uint User, uint Group)? runAs;
    private readonly Dictionary<string, string?> environment;

    /// <param name="access">Credentials for the source.</param>
    /// <param name="scratch">A private folder.</param>
    /// <param name="source">A folder that may belong to another account, which git else refuses to read; null: none.</param>
    /// <param name="runAs">The account that git runs as, which must own <paramref name="scratch"/>; null: ourselves. Only for root.</param>
    public Git(GitAccess access, string scratch, string? source = null, (uint User, uint Group)? runAs = null)
    {
        this.access = access;
        this.runAs = runAs;
        home = Path.Combine(scratch, "git-home");
        Directory.CreateDirectory(home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var settings = Path.Combine(home, "gitconfig");
        File.WriteAllText(settings, Settings(source is not null && Path.IsPathRooted(source) ? source : null));
        environment = new Dictionary<string, string?>(access.Variables, StringComparer.Ordinal)
        {
            ["HOME"] = home,
            ["GIT_CONFIG_GLOBAL"] = settings,
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_TERMINAL_PROMPT"] = "0",
        };
    }

    /// <summary>Whether <c>git lfs</c> is installed.</summary>
    public async Task<bool> HasLfsAsync(CancellationToken cancellationToken) =>
        (await ChildProcess.RunAsync(Options("/", ["lfs", "version"], null), cancellationToken)).ExitCode == 0;

    /// <summary>Runs git and returns its output, trimmed. Throws one line that quotes git when it fails.</summary>
    public async Task<string> RunAsync(
        string folder, string[] arguments, string remedy, CancellationToken cancellationToken, Stream? input = null)
    {
        var result = await TryAsync(folder, arguments, cancellationToken, input);
        ThrowIfFailed(result, arguments[0], remedy);
        return result.Output.Trim();
    }

    /// <summary>Runs git; its exit code is for the caller to judge.</summary>
    public Task<ChildResult> TryAsync(string folder, string[] arguments, CancellationToken cancellationToken, Stream? input = null) =>
        ChildProcess.RunAsync(Options(folder, arguments, input), cancellationToken);

    /// <summary>Starts git; the caller reads its output.</summary>
    public ChildProcess Start(string folder, string[] arguments, Stream? input = null) =>
        ChildProcess.Start(Options(folder, arguments, input));

    /// <summary>Runs git and gives each line of its output, however many.</summary>
    public async Task ReadLinesAsync(
        string folder, string[] arguments, string remedy, Action<string> line, CancellationToken cancellationToken)
    {
        await using var child = Start(folder, arguments);
        using var reader = new StreamReader(child.StandardOutput, leaveOpen: true);
        while (await reader.ReadLineAsync(cancellationToken) is { } read)
            line(read);
        ThrowIfFailed(await child.WaitAsync(cancellationToken), arguments[0], remedy);
    }

    /// <summary>Throws what git said, without any credential.</summary>
    public void ThrowIfFailed(ChildResult result, string command, string remedy)
    {
        if (result.ExitCode != 0)
            throw new TwiBackupException($"git {command} failed with exit code {result.ExitCode}: {Said(result).TrimEnd('.')}. {remedy}");
    }

    /// <summary>
    /// The line that says why: git ends with advice such as "and the repository exists", so the first that is an error counts.
    /// </summary>
    public string Said(ChildResult result) => access.Redact(
        result.ErrorOutput.Split('\n', StringSplitOptions.TrimEntries)
            .FirstOrDefault(l => l.StartsWith("fatal:", StringComparison.Ordinal) || l.StartsWith("error:", StringComparison.Ordinal))
                ?? result.LastLine);

    public void Dispose()
    {
        if (Directory.Exists(home))
            Directory.Delete(home, recursive: true);
    }

    private ChildProcessOptions Options(string folder, string[] arguments, Stream? input) => new()
    {
        Program = runAs is null ? "git" : "setpriv",
        Arguments = runAs is { } account
            ? [$"--reuid={account.User}", $"--regid={account.Group}", "--clear-groups", "--", "git", .. arguments]
            : arguments,
        Environment = environment,
        WorkingDirectory = folder,
        Input = input,
    };

    private static string Settings(string? source)
    {
        var settings = """
            [core]
                hooksPath = /dev/null
                autocrlf = false
            [gc]
                auto = 0
            [maintenance]
                auto = false
            [advice]
                detachedHead = false
            [protocol "ext"]
                allow = never
            [fetch]
                writeCommitGraph = false

            """;
        if (source is null)
            return settings;
        var quoted = source.TrimEnd('/').Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return $"{settings}[safe]\n    directory = \"{quoted}\"\n    directory = \"{quoted}/.git\"\n";
    }
}
