using Pulumi;

namespace TwiBackup.Infra.Storage;

/// <summary>What a region's bucket needs to know.</summary>
public sealed record BackupBucketArgs
{
    /// <summary>The bucket's key in its own region.</summary>
    public required Output<string> KeyArn { get; init; }

    /// <summary>ARNs of all roles that may touch objects.</summary>
    public required IReadOnlyList<string> Roles { get; init; }
}
