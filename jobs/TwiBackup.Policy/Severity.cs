namespace TwiBackup.Policy;

/// <summary>How bad a finding is.</summary>
public enum Severity
{
    /// <summary>The promises can hold, but something that should be there is not.</summary>
    Warning,

    /// <summary>Two promises contradict each other; nothing may be deployed.</summary>
    Error,
}
