namespace TwiBackup.Policy;

/// <summary>What a check found, in one line.</summary>
/// <param name="Path">The key that it is about, such as <c>backups.full.keep</c>.</param>
/// <param name="Message">The two values that contradict, and what to do.</param>
public sealed record Finding(Severity Severity, string Path, string Message)
{
    /// <summary><c>error: path: message</c>.</summary>
    public override string ToString() => $"{(Severity == Severity.Error ? "error" : "warning")}: {Path}: {Message}";
}
