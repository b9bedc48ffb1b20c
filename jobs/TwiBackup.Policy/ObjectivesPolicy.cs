namespace TwiBackup.Policy;

/// <summary>The objectives. The parser demands the database's two and the system's RTO; the others may promise nothing.</summary>
public sealed record ObjectivesPolicy
{
    /// <summary>RTO of the service alone, its data being there.</summary>
    public Objective Bot { get; init; } = new();

    /// <summary>RPO and RTO of the database.</summary>
    public required Objective Database { get; init; }

    /// <summary>RPO of the configuration.</summary>
    public Objective Configuration { get; init; } = new();

    /// <summary>RPO of the repository.</summary>
    public Objective Repository { get; init; } = new();

    /// <summary>RTO of everything, from nothing.</summary>
    public required Objective System { get; init; }

    /// <summary>RPO of the database when the primary store's region is lost too.</summary>
    public Objective Replica { get; init; } = new();
}
