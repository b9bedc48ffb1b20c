namespace TwiBackup.Postgres;

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">0 to 255; 128 plus the signal's number when a signal ended it.</param>
/// <param name="Output">Its standard output where it was captured, at most <see cref="ChildProcess.CaptureLimit"/> characters.</param>
/// <param name="ErrorOutput">The last part of its standard error, at most <see cref="ChildProcess.CaptureLimit"/> characters.</param>
public sealed record ChildResult(int ExitCode, string Output, string ErrorOutput)
{
    /// <summary>The last line of standard error that says something, for a message; else of standard output.</summary>
    public string LastLine => Last(ErrorOutput) ?? Last(Output) ?? "it said nothing";

    /// <summary>Throws one line that quotes the program when it did not end with 0.</summary>
    public ChildResult ThrowIfFailed(string what, string remedy) =>
        ExitCode == 0 ? this : throw new TwiBackupException($"{what} failed with exit code {ExitCode}: {LastLine.TrimEnd('.')}. {remedy}");

    private static string? Last(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
}
