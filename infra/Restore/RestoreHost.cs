using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Watching;
using Aws = Pulumi.Aws;

namespace TwiBackup.Infra.Restore;

/// <summary>
/// The disaster: one host from the template that is already in the region, an address, a name, and alarms. It knows everything else by name
/// and asks nobody, as the lost region and its stack may not answer.
/// </summary>
public sealed class RestoreHost : Component
{
    /// <summary>What the recovered host is called below the domain.</summary>
    public const string HostName = "recovered";

    public RestoreHost(string name, StackConfig config, ProtectedSystem system, Region region)
        : base("RestoreHost", name, config, region.In())
    {
        var mode = config.Host.Mode;
        var host = new Aws.Ec2.Instance(name, new Aws.Ec2.InstanceArgs
        {
            LaunchTemplate = new Aws.Ec2.Inputs.InstanceLaunchTemplateArgs { Name = Names.HostTemplate(system.Name, mode),
                Version = "$Default" },

            // The template's own, but for the instant that this stack may name.
            UserDataBase64 = UserData.Encoded(UserData.For(system, config, mode)),
            UserDataReplaceOnChange = true,
            Tags = new Dictionary<string, string>(config.Tags) { ["Name"] = name },
        }, new CustomResourceOptions { Parent = this, Protect = mode == HostMode.Recover });
        InstanceId = host.Id;
        if (mode == HostMode.Recover)
        {
            var address = new Aws.Ec2.Eip(name, new Aws.Ec2.EipArgs { Domain = "vpc", Tags = Tags }, Child());
            _ = new Aws.Ec2.EipAssociation(
                name, new Aws.Ec2.EipAssociationArgs { AllocationId = address.Id, InstanceId = host.Id }, Child());
            Address = address.PublicIp;
            if (config.Host.HostedZone is { } zone)
                _ = new Aws.Route53.Record(name, new Aws.Route53.RecordArgs
                {
                    ZoneId = zone,
                    Name = $"{HostName}-{system.Name}.{config.Domain}",
                    Type = Aws.Route53.RecordType.A,
                    Ttl = 60,
                    Records = { address.PublicIp },
                    AllowOverwrite = true,
                }, Child());
        }

        AlarmResource.Make(
            new AlarmSpec($"{name}-host-failed",
                "The host that the system was recovered to fails its checks. Start it again; twibackup recover --resume goes on where it stopped.")
            {
                Namespace = "AWS/EC2",
                Metric = "StatusCheckFailed",
                Period = 60,
                Periods = 5,
            },
            Names.TopicArn(region.Name), Tags, Child(), host.Id);
        RegisterOutputs();
    }

    public Output<string> InstanceId { get; }

    /// <summary>Null in a rehearsal, which nobody reaches.</summary>
    public Output<string>? Address { get; }
}
