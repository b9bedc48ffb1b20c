using TwiBackup.Policy;

namespace TwiBackup.Rehearsal;

/// <summary>What is rehearsed, and on how much.</summary>
public sealed record RehearsalOptions
{
    /// <summary>Bytes of data to fill the bot's database with.</summary>
    public long Size { get; init; } = 100_000_000;

    /// <summary>The store's URL; null: a folder of the rehearsal's own.</summary>
    public string? Store { get; init; }

    /// <summary>The URL of a store in another place, for what is lost together with the first; null: a folder of the rehearsal's own.</summary>
    public string? Replica { get; init; }

    /// <summary>Messages a second that the bot stand-in writes.</summary>
    public double Rate { get; init; } = 50;

    /// <summary>How often the disaster is made to happen, the worst being reported; null: as often as the scenario needs.</summary>
    public int? Kills { get; init; }

    /// <summary>How long the bot writes after the backup before each disaster.</summary>
    public TimeSpan Load { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest that an object is under way to the replica.</summary>
    public TimeSpan ReplicationLag { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether the folder with everything stays behind, and what was put into a store.</summary>
    public bool Keep { get; init; }

    /// <summary>What was promised.</summary>
    public ObjectivesPolicy Objectives { get; init; } = GuideObjectives.All;

    /// <summary>Of everything that is chosen by chance: the same seed chooses the same.</summary>
    public int Seed { get; init; }

    /// <summary>The twibackup executable of which receiver and bot are started; null: the one that runs.</summary>
    public string? Program { get; init; }

    /// <summary>The variables this process was started with.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>
    /// Variables that the host's programs get in place of these, with which they reach the store as a writer that may less; null: the same.
    /// </summary>
    public IReadOnlyDictionary<string, string>? WriterEnvironment { get; init; }
}
