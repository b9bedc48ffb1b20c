using Pulumi;

namespace TwiBackup.Infra.Restore;

/// <summary>What the second region gets beforehand.</summary>
public sealed record RestoreEnvironmentArgs
{
    public required Region Region { get; init; }

    /// <summary>The image in the second region, by digest.</summary>
    public required Output<string> Image { get; init; }

    /// <summary>The region's operations key.</summary>
    public required Output<string> OperationsKey { get; init; }
}
