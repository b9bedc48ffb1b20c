using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Restore;

namespace TwiBackup.Infra;

/// <summary>The disaster: a host for each system, in the second region, from what the everyday stack left there.</summary>
internal static class RecoveryStack
{
    public static IDictionary<string, object?> Register(StackConfig config)
    {
        var region = Region.Open(config, config.Names.RecoveryRegion);
        var hosts = config.Systems.ToDictionary(
            system => system.Name, system =>
                new RestoreHost($"{system.Name}-{config.Host.Mode.ToString().ToLowerInvariant()}", config, system, region));
        return new Dictionary<string, object?>
        {
            ["bucket"] = config.Names.Bucket(region.Name),
            ["instances"] = hosts.ToDictionary(host => host.Key, host => host.Value.InstanceId),
            ["addresses"] = hosts.Where(host => host.Value.Address is not null).ToDictionary(host => host.Key, host => host.Value.Address!),
            ["logs"] = config.Systems.ToDictionary(
                system => system.Name, system => $"aws logs tail {Names.HostLogGroup(system.Name)} --follow --region {region.Name}"),
            ["environment"] = StackOutputs.Environment(config, region.Name),
        };
    }
}
