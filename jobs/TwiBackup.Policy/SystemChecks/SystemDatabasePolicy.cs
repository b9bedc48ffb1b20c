namespace TwiBackup.Policy.SystemChecks;

/// <summary>What must hold in the application's database beyond what every database must.</summary>
public sealed record SystemDatabasePolicy
{
    /// <summary>The role that owns the database and everything in it. Null: whoever owns the database.</summary>
    public string? Owner { get; init; }

    /// <summary>Tables that must be there, written as in SQL with their schema; others may be there too.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>The schema's fingerprint, 64 lower-case hexadecimal digits, as the check itself prints it.</summary>
    public string? Schema { get; init; }

    /// <summary>Tables that only grow: never fewer rows than in the newest dump.</summary>
    public IReadOnlyList<string> Growing { get; init; } = [];

    /// <summary>Sequences that nothing in the catalog ties to their column.</summary>
    public IReadOnlyList<SequenceColumn> Sequences { get; init; } = [];

    /// <summary>The only foreign keys that may be NOT VALID. Null: any.</summary>
    public IReadOnlyList<string>? NotValid { get; init; }

    /// <summary>
    /// How old the newest row of <see cref="HeartbeatPolicy.Table"/> may be. Null: <see cref="ObjectivesPolicy.Database"/>'s RPO.
    /// </summary>
    public TimeSpan? Newest { get; init; }

    /// <summary>How many connections the application may need: so many must be free or its own.</summary>
    public int? Connections { get; init; }

    /// <summary>How many sessions of the owner there are at least while the application runs.</summary>
    public int? Sessions { get; init; }

    public AmcheckDepth Amcheck { get; init; }

    /// <summary>Questions of one's own.</summary>
    public IReadOnlyList<SystemQuery> Queries { get; init; } = [];
}
