using System.Text.RegularExpressions;
using TwiBackup.Postgres;

namespace TwiBackup.Tests.Formats;

/// <summary>The commands of a documentation page, run word for word.</summary>
internal static class PageCommands
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The first commands below a heading of a page in <c>docs/</c>.</summary>
    public static async Task<string> BelowAsync(string page, string heading)
    {
        var text = await ReadAsync(page);
        var at = Regex.Match(text, $"^##+ {Regex.Escape(heading)}$", RegexOptions.Multiline);
        Assert.True(at.Success, $"{page} has no heading \"{heading}\".");
        return All(text[at.Index..])[0];
    }

    /// <summary>Every block of commands of a page's text.</summary>
    public static IReadOnlyList<string> All(string text) =>
        [.. Regex.Matches(text, "```sh\n(.*?)```", RegexOptions.Singleline).Select(m => m.Groups[1].Value)];

    public static Task<string> ReadAsync(string page) => File.ReadAllTextAsync(Path.Combine(RepositoryRoot(), "docs", page), Cancellation);

    /// <summary>Runs commands as Debian's <c>sh</c> does.</summary>
    /// <param name="account">Null: as ourselves.</param>
    public static Task<ChildResult> RunAsync(string script, IReadOnlyDictionary<string, string?> variables, ServerAccount? account = null) =>
        ChildProcess.RunAsync(
            new ChildProcessOptions { Program = "/bin/sh", Arguments = ["-c", script], Environment = variables, Account = account }, Cancellation);

    private static string RepositoryRoot()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "TwiBackup.Infra.sln")))
            at = Path.GetDirectoryName(at) ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        return at;
    }
}
