namespace TwiBackup.Policy;

/// <summary>A policy file that cannot be read as a policy. The message has one line for each error.</summary>
public sealed class PolicyException : TwiBackupException
{
    /// <summary>An exception with exit code 2.</summary>
    /// <param name="errors">At least one; each one line.</param>
    public PolicyException(IReadOnlyList<string> errors)
        : base(ExitCode.WrongUse, string.Join('\n', errors)) => Errors = errors;

    /// <summary>One line each: file, line, JSON path, what is wrong, what to do.</summary>
    public IReadOnlyList<string> Errors { get; }
}
