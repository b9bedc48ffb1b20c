namespace TwiBackup.Verification;

/// <summary>How a full backup is verified.</summary>
public sealed record DatabaseVerifyOptions
{
    /// <summary>A certain set; null: the newest.</summary>
    public string? SetId { get; init; }

    /// <summary>Recover to a random instant between a random set's end and the newest point, instead of the newest set and point.</summary>
    public bool RandomPoint { get; init; }

    /// <summary>Seed of the random choice, so that a failure can be repeated.</summary>
    public int Seed { get; init; }

    /// <summary>A folder with room for the whole database; a new folder is made in it, and removed.</summary>
    public required string ScratchFolder { get; init; }

    /// <summary>Volumes that are opened at once.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 8);

    /// <summary>A table and column whose newest time must not be older than the set's end; null: not checked, and said.</summary>
    public (string Table, string Column)? Heartbeat { get; init; }
}
