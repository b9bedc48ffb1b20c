using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Network;
using Aws = Pulumi.Aws;

namespace TwiBackup.Infra.Restore;

/// <summary>
/// The place to recover to, ready but empty: a network in the second region, and per system (<see cref="SystemRestore"/>) templates from
/// which
/// a host starts. Applied with the everyday stack, so that the disaster only starts a host.
/// </summary>
public sealed class RestoreEnvironment : Component
{
    /// <summary>What an isolated host talks to beside S3. An endpoint costs about 7 dollars a month; none is here that nothing
    /// uses.</summary>
    private static readonly string[] Services = ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "sns", "ssm"];

    public RestoreEnvironment(string name, StackConfig config, RestoreEnvironmentArgs args)
        : base("RestoreEnvironment", name, config, args.Region.In())
    {
        Image = args.Image;
        OperationsKey = args.OperationsKey;
        Isolates = config.Host.RehearsalImage is not null;
        Network = new PrivateNetwork($"{name}-network", config, args.Region,
            new PrivateNetworkArgs { Cidr = "10.72.0.0/20", BucketArn = Names.BucketArn(args.Region.Name), WithIsolation = Isolates },
                this);
        HostGroup = MakeHostGroup(name);
        if (Isolates)
            IsolatedGroup = MakeIsolation(name, args.Region);
        RegisterOutputs();
    }

    public Output<string> Image { get; }

    public Output<string> OperationsKey { get; }

    public PrivateNetwork Network { get; }

    /// <summary>Whether there is an image to rehearse with, and so isolated subnets and their endpoints.</summary>
    public bool Isolates { get; }

    /// <summary>Of a host that recovers.</summary>
    public Aws.Ec2.SecurityGroup HostGroup { get; }

    /// <summary>Of a host that rehearses. Null: there is no isolation.</summary>
    public Aws.Ec2.SecurityGroup? IsolatedGroup { get; }

    private Aws.Ec2.SecurityGroup MakeHostGroup(string name)
    {
        var group = new Aws.Ec2.SecurityGroup($"{name}-host", new Aws.Ec2.SecurityGroupArgs
        {
            Name = $"{Names.Installation}-restore-host",
            Description = "Recovered host: in only what the configuration opens",
            VpcId = Network.VpcId,
            Tags = Tags,
        }, Child());
        foreach (var open in Config.Host.Open)
        {
            _ = new Aws.Vpc.SecurityGroupIngressRule($"{name}-host-{open.Port}-{open.Network}", new Aws.Vpc.SecurityGroupIngressRuleArgs
            {
                SecurityGroupId = group.Id,
                CidrIpv4 = open.Network,
                IpProtocol = "tcp",
                FromPort = open.Port,
                ToPort = open.Port,
                Description = "twibackup:open",
                Tags = Tags,
            }, Child());
        }

        Egress.To($"{name}-host", group.Id, "0.0.0.0/0", 443, "AWS, Discord and packages", Tags, Child());
        Egress.To($"{name}-host", group.Id, "0.0.0.0/0", 80, "Debian's signed packages", Tags, Child());
        return group;
    }

    private Aws.Ec2.SecurityGroup MakeIsolation(string name, Region region)
    {
        var group = new Aws.Ec2.SecurityGroup($"{name}-isolated", new Aws.Ec2.SecurityGroupArgs
        {
            Name = $"{Names.Installation}-restore-isolated",
            Description = "Rehearsing host: nothing in; out to endpoints of AWS only",
            VpcId = Network.VpcId,
            Tags = Tags,
        }, Child());
        var endpoints = new Aws.Ec2.SecurityGroup($"{name}-endpoints", new Aws.Ec2.SecurityGroupArgs
        {
            Name = $"{Names.Installation}-restore-endpoints",
            Description = "Endpoints of AWS: in from rehearsing hosts",
            VpcId = Network.VpcId,
            Tags = Tags,
        }, Child());
        _ = new Aws.Vpc.SecurityGroupIngressRule($"{name}-endpoints", new Aws.Vpc.SecurityGroupIngressRuleArgs
        {
            SecurityGroupId = endpoints.Id,
            ReferencedSecurityGroupId = group.Id,
            IpProtocol = "tcp",
            FromPort = 443,
            ToPort = 443,
            Description = "Rehearsing hosts",
            Tags = Tags,
        }, Child());
        _ = new Aws.Vpc.SecurityGroupEgressRule($"{name}-isolated-endpoints", new Aws.Vpc.SecurityGroupEgressRuleArgs
        {
            SecurityGroupId = group.Id,
            ReferencedSecurityGroupId = endpoints.Id,
            IpProtocol = "tcp",
            FromPort = 443,
            ToPort = 443,
            Description = "Endpoints of AWS",
            Tags = Tags,
        }, Child());
        _ = new Aws.Vpc.SecurityGroupEgressRule($"{name}-isolated-s3", new Aws.Vpc.SecurityGroupEgressRuleArgs
        {
            SecurityGroupId = group.Id,
            PrefixListId = Network.Store.PrefixListId,
            IpProtocol = "tcp",
            FromPort = 443,
            ToPort = 443,
            Description = "S3 through its endpoint",
            Tags = Tags,
        }, Child());
        foreach (var service in Services)
        {
            _ = new Aws.Ec2.VpcEndpoint($"{name}-{service}", new Aws.Ec2.VpcEndpointArgs
            {
                VpcId = Network.VpcId,
                ServiceName = $"com.amazonaws.{region.Name}.{service}",
                VpcEndpointType = "Interface",
                PrivateDnsEnabled = true,
                SubnetIds = { Network.IsolatedSubnets[0] },
                SecurityGroupIds = { endpoints.Id },
                Tags = Tags,
            }, Child());
        }

        return group;
    }
}
