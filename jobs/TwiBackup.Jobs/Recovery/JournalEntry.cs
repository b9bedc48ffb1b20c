namespace TwiBackup.Recovery;

/// <summary>One line of the journal. Holds no secret.</summary>
public sealed record JournalEntry
{
    /// <summary>From 1, without a gap.</summary>
    public required int Number { get; init; }

    public required JournalEntryKind Kind { get; init; }

    /// <summary>A word of <see cref="RecoverySteps"/>; null for what is of the whole recovery.</summary>
    public string? Step { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The machine.</summary>
    public required string Host { get; init; }

    /// <summary>One line for people.</summary>
    public string? Text { get; init; }

    /// <summary>What a later step or a resumed run must know.</summary>
    public IReadOnlyDictionary<string, string>? Facts { get; init; }

    /// <summary>More lines for people: what was passed over, what was checked.</summary>
    public IReadOnlyList<string>? Lines { get; init; }

    /// <summary>Hash of this line and of all before it.</summary>
    public string? Chain { get; init; }
}
