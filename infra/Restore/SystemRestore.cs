using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Roles;
using Aws = Pulumi.Aws;
using Inputs = Pulumi.Aws.Ec2.Inputs;

namespace TwiBackup.Infra.Restore;

/// <summary>
/// One system's part of the restore environment: its policy and image as parameters of the region, the log of its host, the host's right
/// to be the
/// restorer, a template that a host starts from (by the recovery stack, or by one call of the CLI), and the schedule of its rehearsal.
/// </summary>
public sealed class SystemRestore : Component
{
    private readonly SystemRestoreArgs _args;

    public SystemRestore(string name, StackConfig config, SystemRestoreArgs args)
        : base("SystemRestore", name, config, args.Region.In())
    {
        _args = args;
        var system = args.System;
        var policy = CloudPolicy.Render(system.Text, Names, Names.RecoveryRegion, replica: null);
        PlainParameter.Make($"{name}-policy", Names.PolicyParameter(system.Name), policy, policy.Length, Tags, Child());
        PlainParameter.Make($"{name}-image", Names.ImageParameter(system.Name), args.Shared.Image, 0, Tags, Child());
        _ = new Aws.CloudWatch.LogGroup($"{name}-host", new Aws.CloudWatch.LogGroupArgs
        {
            Name = Names.HostLogGroup(system.Name),
            RetentionInDays = config.Jobs.LogDays,
            KmsKeyId = args.Shared.OperationsKey,
            Tags = Tags,
        }, Child());
        var restorer = args.Roles.Roles[JobRole.Restorer];
        _ = new Aws.Iam.RolePolicy($"{name}-host", new Aws.Iam.RolePolicyArgs
        {
            Role = restorer.Id,
            Name = "host",
            Policy = args.Shared.OperationsKey.Apply(key => ServicePolicies.Host(system, Names, key).ToJson()),
        }, Child());
        var profile = new Aws.Iam.InstanceProfile($"{name}-host", new Aws.Iam.InstanceProfileArgs
        {
            Name = Names.Role(system.Name, JobRole.Restorer),
            Role = restorer.Name,
            Tags = Tags,
        }, Child());
        MakeTemplate(HostMode.Recover, config.Host.Image, args.Shared.Network.Subnets[0], args.Shared.HostGroup, profile);
        if (args.Shared.Isolates)
        {
            var template = MakeTemplate(
                HostMode.Rehearse, config.Host.RehearsalImage!, args.Shared.Network.IsolatedSubnets[0], args.Shared.IsolatedGroup!,
                    profile);
            if (system.Policy.Rehearsal is not null)
                _ = new RehearsalSchedule($"{name}-rehearsal", config, system, args.Region, template, args.Shared.OperationsKey, this);
        }

        RegisterOutputs();
    }

    private Aws.Ec2.LaunchTemplate MakeTemplate(
        HostMode mode, string image, Output<string> subnet, Aws.Ec2.SecurityGroup group, Aws.Iam.InstanceProfile profile)
    {
        var name = Names.HostTemplate(_args.System.Name, mode);
        return new Aws.Ec2.LaunchTemplate(name, new Aws.Ec2.LaunchTemplateArgs
        {
            Name = name,
            Description = $"A host to {mode.ToString().ToLowerInvariant()} {_args.System.Name} on",
            UpdateDefaultVersion = true,
            ImageId = image,
            InstanceType = Config.Host.InstanceType,
            InstanceInitiatedShutdownBehavior = mode == HostMode.Recover ? "stop" : "terminate",
            DisableApiTermination = mode == HostMode.Recover,
            EbsOptimized = "true",
            IamInstanceProfile = new Inputs.LaunchTemplateIamInstanceProfileArgs { Arn = profile.Arn },
            MetadataOptions = new Inputs.LaunchTemplateMetadataOptionsArgs
            {
                HttpEndpoint = "enabled",
                HttpTokens = "required",

                // Containers on the host, the bot among them, don't reach the restorer's credentials.
                HttpPutResponseHopLimit = 1,
            },
            Monitoring = new Inputs.LaunchTemplateMonitoringArgs { Enabled = true },
            NetworkInterfaces =
            {
                new Inputs.LaunchTemplateNetworkInterfaceArgs
                {
                    DeviceIndex = 0,
                    SubnetId = subnet,
                    SecurityGroups = { group.Id },
                    AssociatePublicIpAddress = mode == HostMode.Recover ? "true" : "false",
                    DeleteOnTermination = "true",
                },
            },
            BlockDeviceMappings = { Disk("/dev/xvda", 20, mode), Disk("/dev/sdf", Config.Host.VolumeGigabytes, mode) },
            UserData = UserData.Encoded(UserData.For(_args.System, Config, mode)),
            TagSpecifications = { Tagged("instance", name), Tagged("volume", name) },
            Tags = Tags,
        }, Child());
    }

    private Inputs.LaunchTemplateBlockDeviceMappingArgs Disk(string device, int gigabytes, HostMode mode) => new()
    {
        DeviceName = device,
        Ebs = new Inputs.LaunchTemplateBlockDeviceMappingEbsArgs
        {
            VolumeType = "gp3",
            VolumeSize = gigabytes,
            Encrypted = "true",
            KmsKeyId = _args.Shared.OperationsKey,
            DeleteOnTermination = mode == HostMode.Recover && device != "/dev/xvda" ? "false" : "true",
        },
    };

    private Inputs.LaunchTemplateTagSpecificationArgs Tagged(string kind, string name) => new()
    {
        ResourceType = kind,
        Tags = new Dictionary<string, string>(Config.Tags) { ["Name"] = name },
    };
}
