namespace TwiBackup.Policy;

/// <summary>Continuous WAL.</summary>
public sealed record IncrementalPolicy
{
    /// <summary>When a named restore point is made and the chain up to it is proven to have no gap.</summary>
    public required Schedule Schedule { get; init; }

    /// <summary>
    /// The least age at which WAL may go. What a full inside the recovery window needs is kept longer, by the tag rule:
    /// a segment may go only once the newest full that completed before the window starts behind it.
    /// </summary>
    public required TimeSpan Keep { get; init; }

    /// <summary>How long received WAL may wait until it is durable in the store; only spent when bytes came. 100 ms to 1 h.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a signed mark (server time, LSN) is stored, so that an idle database's age is known. 1 s to 1 h.</summary>
    public TimeSpan MarkInterval { get; init; } = TimeSpan.FromMinutes(1);
}
