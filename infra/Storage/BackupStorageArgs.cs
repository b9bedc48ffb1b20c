using Pulumi;

namespace TwiBackup.Infra.Storage;

/// <summary>What the storage needs from its surroundings.</summary>
public sealed record BackupStorageArgs
{
    /// <summary>Where jobs write.</summary>
    public required Region Primary { get; init; }

    /// <summary>Where everything is replicated to.</summary>
    public required Region Recovery { get; init; }

    /// <summary>The topic of the primary region, which hears of replication that failed or is late.</summary>
    public required Output<string> TopicArn { get; init; }

    /// <summary>The topic's policy; S3 tries the topic when it is named.</summary>
    public required Resource TopicPolicy { get; init; }
}
