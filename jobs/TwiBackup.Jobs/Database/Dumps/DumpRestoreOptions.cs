namespace TwiBackup.Database.Dumps;

/// <summary>What is restored of a dump, and how.</summary>
public sealed record DumpRestoreOptions
{
    /// <summary>A certain set; null: the newest.</summary>
    public string? SetId { get; init; }

    /// <summary>The newest set completed up to this instant; null: the newest of all.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Only these databases; empty: all of the set.</summary>
    public IReadOnlyList<string> Databases { get; init; } = [];

    /// <summary>The name that the one database gets; null: the one that it had.</summary>
    public string? As { get; init; }

    /// <summary>Only these tables, brought back into the live database, by name and schema as in SQL; empty: whole databases.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>Whether what has the name already may be renamed; if not, its presence is an error and nothing is touched.</summary>
    public bool Replace { get; init; }

    /// <summary>Whether sessions that are connected to what is replaced are ended; if not, they are an error.</summary>
    public bool Disconnect { get; init; }
}
