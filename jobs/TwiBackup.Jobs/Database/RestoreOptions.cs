namespace TwiBackup.Database;

/// <summary>How a database is restored.</summary>
public sealed record RestoreOptions
{
    /// <summary>An empty or new directory.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Whether what a killed restore left in it is thrown away.</summary>
    public bool StartOver { get; init; }

    /// <summary>Volumes that are opened at once, from 1.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 8);

    /// <summary>
    /// A scratch server, to look at and throw away: it runs no preloaded library, makes no slot and writes nothing to the store, not even
    /// its timeline's history.
    /// </summary>
    public bool Scratch { get; init; }

    /// <summary>The replication slot to make before anybody is let in, so that no WAL of the new timeline is lost; null: none.</summary>
    public string? SlotName { get; init; }

    /// <summary>Called with the data directory when the base backup lies there and before PostgreSQL has touched it.</summary>
    public Func<string, string, CancellationToken, Task>? BeforeStart { get; init; }
}
