using System.Globalization;

namespace TwiBackup.Postgres;

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">0 to 255; 128 plus the signal's number when a signal ended it.</param>
/// <param name="Output">Its standard output where it was captured, at most <see cref="ChildProcess.CaptureLimit"/> characters.</param>
/// <param name="ErrorOutput">The last part of its standard error, at most <see cref="ChildProcess.CaptureLimit"/> characters.</param>
public sealed record ChildResult(int ExitCode, string Output, string ErrorOutput)
{
    /// <summary>The last line of standard error that says something, for a message; else of standard output.</summary>
    public string LastLine => Last(ErrorOutput) ?? Last(Output) ?? "it said nothing";

    /// <summary>
    /// Why a tool of PostgreSQL ended: the server's own words where it quotes them, else its first error. Never the statement that failed:
    /// that may hold a password or somebody's data.
    /// </summary>
    public string Reason
    {
        get
        {
            var lines = ErrorOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return lines.Select(line => Behind(line, "ERROR:  ", "FATAL:  ", "PANIC:  ")).FirstOrDefault(text => text is not null)
                ?? lines.Select(line => Behind(line, "error: ")).FirstOrDefault(text => text is not null)
                ?? (ExitCode > 128 && lines.Length == 0 ? string.Create(CultureInfo.InvariantCulture, $"it was killed by signal {ExitCode - 128}") : LastLine);
        }
    }

    /// <summary>As <see cref="ThrowIfFailed"/>, for a tool of PostgreSQL: quotes its <see cref="Reason"/>.</summary>
    public ChildResult ThrowIfToolFailed(string what, string remedy) =>
        ExitCode == 0 ? this : throw new TwiBackupException($"{what} failed with exit code {ExitCode}: {Reason.TrimEnd('.')}. {remedy}");

    /// <summary>Throws one line that quotes the program when it did not end with 0.</summary>
    public ChildResult ThrowIfFailed(string what, string remedy) =>
        ExitCode == 0 ? this : throw new TwiBackupException($"{what} failed with exit code {ExitCode}: {LastLine.TrimEnd('.')}. {remedy}");

    private static string? Behind(string line, params ReadOnlySpan<string> marks)
    {
        foreach (var mark in marks)
        {
            if (line.LastIndexOf(mark, StringComparison.Ordinal) is var at and >= 0)
                return line[(at + mark.Length)..].Trim();
        }

        return null;
    }

    private static string? Last(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
}
