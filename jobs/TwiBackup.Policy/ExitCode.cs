namespace TwiBackup;

/// <summary>The exit codes of every command.</summary>
public enum ExitCode
{
    /// <summary>What was asked for is done.</summary>
    Done = 0,

    /// <summary>It failed; the reason stands on one line of standard error.</summary>
    Failed = 1,

    /// <summary>The command line, the policy or a file given by a person is wrong; nothing was done.</summary>
    WrongUse = 2,

    /// <summary>Done, but an objective (RPO, RTO) or a check was missed.</summary>
    ObjectiveMissed = 3,
}
