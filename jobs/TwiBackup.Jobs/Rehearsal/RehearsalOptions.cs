namespace TwiBackup.Rehearsal;

/// <summary>What is rehearsed, and on how much.</summary>
public sealed record RehearsalOptions
{
    /// <summary>Bytes of data to fill the bot's database with.</summary>
    public long Size { get; init; } = 100_000_000;

    /// <summary>The store's URL; null: a folder of the rehearsal's own.</summary>
    public string? Store { get; init; }

    /// <summary>Messages a second that the bot stand-in writes.</summary>
    public double Rate { get; init; } = 50;

    /// <summary>How often the disaster is made to happen; the worst is reported.</summary>
    public int Kills { get; init; } = 3;

    /// <summary>How long the bot writes after the backup before each disaster.</summary>
    public TimeSpan Load { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether the folder with everything stays behind.</summary>
    public bool Keep { get; init; }

    /// <summary>Objectives of the database.</summary>
    public TimeSpan DatabaseRpo { get; init; } = TimeSpan.FromHours(1);

    public TimeSpan DatabaseRto { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Objective of the bot service.</summary>
    public TimeSpan BotRto { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The twibackup executable of which receiver and bot are started; null: the one that runs.</summary>
    public string? Program { get; init; }

    /// <summary>The variables this process was started with.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
}
