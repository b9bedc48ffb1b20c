using Pulumi;

namespace TwiBackup.Infra.Jobs;

/// <summary>Where the image goes.</summary>
public sealed record JobImageArgs
{
    public required Region Primary { get; init; }

    public required Region Recovery { get; init; }

    /// <summary>The key of the primary region's images.</summary>
    public required Output<string> PrimaryKey { get; init; }

    /// <summary>The key of the second region's images.</summary>
    public required Output<string> RecoveryKey { get; init; }

    /// <summary>The project's folder, which the image is built from.</summary>
    public required string Root { get; init; }
}
