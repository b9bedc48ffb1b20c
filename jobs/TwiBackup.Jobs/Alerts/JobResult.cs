namespace TwiBackup.Alerts;

/// <summary>How a job ended.</summary>
public enum JobResult
{
    Succeeded,

    /// <summary>Also when an objective or a check was missed.</summary>
    Failed,

    /// <summary>It was told to: nothing is wrong, and nothing is proven.</summary>
    Stopped,
}
