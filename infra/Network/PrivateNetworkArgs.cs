namespace TwiBackup.Infra.Network;

/// <summary>What a network is for.</summary>
public sealed record PrivateNetworkArgs
{
    /// <summary>An address range of at least /22.</summary>
    public required string Cidr { get; init; }

    /// <summary>The bucket that the network reaches without leaving AWS.</summary>
    public required string BucketArn { get; init; }

    /// <summary>Whether it also has subnets without any way out, for rehearsals.</summary>
    public bool WithIsolation { get; init; }
}
