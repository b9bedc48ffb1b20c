namespace TwiBackup;

/// <summary>
/// A failure told to the operator: the message says in one line what happened, on what, and what to do next.
/// The technical cause, if any, is the inner exception and is shown with <c>--verbose</c>. Never carries a secret.
/// </summary>
public class TwiBackupException : Exception
{
    /// <summary>A failure with exit code 1.</summary>
    public TwiBackupException(string message, Exception? cause = null)
        : this(ExitCode.Failed, message, cause)
    {
    }

    /// <summary>A failure with a chosen exit code.</summary>
    public TwiBackupException(ExitCode exitCode, string message, Exception? cause = null)
        : base(message, cause) => ExitCode = exitCode;

    /// <summary>What the process ends with when nobody handles this.</summary>
    public ExitCode ExitCode { get; }
}
