namespace TwiBackup.Recovery;

/// <summary>What a notice is about.</summary>
public enum NoticeKind
{
    /// <summary>A recovery runs.</summary>
    Begun,

    /// <summary>It failed, and waits for a person.</summary>
    Failed,

    /// <summary>The system is recovered.</summary>
    Recovered,
}
