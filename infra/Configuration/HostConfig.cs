namespace TwiBackup.Infra.Configuration;

/// <summary>The machine that is recovered to.</summary>
public sealed record HostConfig
{
    /// <summary>An image, or <c>resolve:ssm:</c> and a public parameter that names one.</summary>
    public required string Image { get; init; }

    /// <summary>The EC2 instance type, of the configured architecture.</summary>
    public required string InstanceType { get; init; }

    /// <summary>GiB for PostgreSQL's data; the database, its WAL and room to grow.</summary>
    public required int VolumeGigabytes { get; init; }

    /// <summary>What may reach it; nothing by default.</summary>
    public IReadOnlyList<OpenPort> Open { get; init; } = [];

    /// <summary>An image that holds the container runtime and the PostgreSQL server already; a rehearsal without internet needs one. Null:
    /// there is none.</summary>
    public string? RehearsalImage { get; init; }

    /// <summary>Extensions as Debian's packages name them after the major version: <c>pgvector</c> for
    /// <c>postgresql-15-pgvector</c>.</summary>
    public IReadOnlyList<string> Extensions { get; init; } = [];

    /// <summary>What this start is for.</summary>
    public HostMode Mode { get; init; }

    /// <summary>To which instant to recover, with an offset. Null: to the newest.</summary>
    public string? RecoverAt { get; init; }

    /// <summary>When the outage began, with an offset: by it a person says that the loss is no older than that. Null: it is measured from
    /// now.</summary>
    public string? OutageSince { get; init; }

    /// <summary>The Route 53 zone in which the recovered host gets its name. Null: no name is made.</summary>
    public string? HostedZone { get; init; }
}
