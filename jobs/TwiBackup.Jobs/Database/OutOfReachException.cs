namespace TwiBackup.Database;

/// <summary>A target that the WAL in the store does not reach; <paramref name="plan"/> is what it does reach.</summary>
public sealed class OutOfReachException(RestorePlan plan, string message) : TwiBackupException(message)
{
    /// <summary>The plan without its target being reached: replay would end at its reach.</summary>
    public RestorePlan Plan { get; } = plan;
}
