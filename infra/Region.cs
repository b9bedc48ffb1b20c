using Pulumi;
using TwiBackup.Infra.Configuration;
using Aws = Pulumi.Aws;

namespace TwiBackup.Infra;

/// <summary>A region that a stack works in.</summary>
/// <param name="Name">Such as <c>eu-central-1</c>.</param>
/// <param name="Provider">Refuses any other account than the configured one.</param>
public sealed record Region(string Name, Aws.Provider Provider)
{
    /// <summary>Makes the provider of a region.</summary>
    public static Region Open(StackConfig config, string name) => new(name, new Aws.Provider(name, new Aws.ProviderArgs
    {
        Region = name,
        AllowedAccountIds = { config.Names.Account },
    }));

    /// <summary>For a component whose resources are in this region.</summary>
    public ComponentResourceOptions In(Resource? parent = null) => new() { Parent = parent, Provider = Provider };
}
