using System.Net;
using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Policies;
using Aws = Pulumi.Aws;

namespace TwiBackup.Infra.Network;

/// <summary>
/// A network of two zones that nothing comes into. What is in it reaches the internet through a gateway (no NAT to pay for) and S3 through
/// an endpoint;
/// the isolated subnets reach nothing but endpoints.
/// </summary>
public sealed class PrivateNetwork : Component
{
    private const int Zones = 2;

    public PrivateNetwork(string name, StackConfig config, Region region, PrivateNetworkArgs args, Resource? parent)
        : base("PrivateNetwork", name, config, region.In(parent))
    {
        Cidr = args.Cidr;
        var vpc = new Aws.Ec2.Vpc(name, new Aws.Ec2.VpcArgs
        {
            CidrBlock = args.Cidr,
            EnableDnsHostnames = true,
            EnableDnsSupport = true,
            Tags = Tags,
        }, Child());
        VpcId = vpc.Id;

        // The group that AWS makes by itself lets everything through; without rules nobody uses it by accident.
        _ = new Aws.Ec2.DefaultSecurityGroup(name, new Aws.Ec2.DefaultSecurityGroupArgs { VpcId = vpc.Id, Tags = Tags }, Child());
        var gateway = new Aws.Ec2.InternetGateway(name, new Aws.Ec2.InternetGatewayArgs { VpcId = vpc.Id, Tags = Tags }, Child());
        var open = new Aws.Ec2.RouteTable($"{name}-open", new Aws.Ec2.RouteTableArgs { VpcId = vpc.Id, Tags = Tags }, Child());
        _ = new Aws.Ec2.Route(
            $"{name}-open", new Aws.Ec2.RouteArgs { RouteTableId = open.Id, DestinationCidrBlock = "0.0.0.0/0", GatewayId = gateway.Id },
                Child());
        Subnets = Divide($"{name}-open", region, vpc, open, 0);
        var tables = new InputList<string> { open.Id };
        if (args.WithIsolation)
        {
            var closed = new Aws.Ec2.RouteTable($"{name}-isolated", new Aws.Ec2.RouteTableArgs { VpcId = vpc.Id, Tags = Tags }, Child());
            IsolatedSubnets = Divide($"{name}-isolated", region, vpc, closed, Zones);
            tables.Add(closed.Id);
        }

        Store = new Aws.Ec2.VpcEndpoint($"{name}-s3", new Aws.Ec2.VpcEndpointArgs
        {
            VpcId = vpc.Id,
            ServiceName = $"com.amazonaws.{region.Name}.s3",
            VpcEndpointType = "Gateway",
            RouteTableIds = tables,
            Policy = EndpointPolicy(region.Name, args.BucketArn).ToJson(),
            Tags = Tags,
        }, Child());
        RegisterOutputs();
    }

    public string Cidr { get; }

    public Output<string> VpcId { get; }

    /// <summary>One a zone, with a way out.</summary>
    public IReadOnlyList<Output<string>> Subnets { get; }

    /// <summary>One a zone, without; empty where none were asked for.</summary>
    public IReadOnlyList<Output<string>> IsolatedSubnets { get; } = [];

    /// <summary>The endpoint of S3.</summary>
    public Aws.Ec2.VpcEndpoint Store { get; }

    /// <summary>The backups, and what AWS itself keeps in S3 and a host or image is fetched from. Nothing can be carried off into another
    /// bucket.</summary>
    private PolicyDocument EndpointPolicy(string region, string bucketArn) => new(
        new Statement("Backups", ["s3:*"], [bucketArn, $"{bucketArn}/*"]) { Principal = Principal.Everybody },
        new Statement("ImagesAndAgents", ["s3:GetObject"],
            [.. new[] { $"prod-{region}-starport-layer-bucket", $"amazoncloudwatch-agent-{region}", $"amazon-ssm-{region}" }
                .Select(bucket => $"arn:{Names.Partition}:s3:::{bucket}/*")]) { Principal = Principal.Everybody });

    private List<Output<string>> Divide(string name, Region region, Aws.Ec2.Vpc vpc, Aws.Ec2.RouteTable table, int offset)
    {
        var network = IPNetwork.Parse(Cidr);
        var subnets = new List<Output<string>>();
        for (var zone = 0; zone < Zones; zone++)
        {
            var suffix = (char)('a' + zone);
            var bytes = network.BaseAddress.GetAddressBytes();
            bytes[2] += (byte)(offset + zone);
            var subnet = new Aws.Ec2.Subnet($"{name}-{suffix}", new Aws.Ec2.SubnetArgs
            {
                VpcId = vpc.Id,
                AvailabilityZone = $"{region.Name}{suffix}",
                CidrBlock = $"{new IPAddress(bytes)}/24",
                MapPublicIpOnLaunch = false,
                Tags = Tags,
            }, Child());
            _ = new Aws.Ec2.RouteTableAssociation(
                $"{name}-{suffix}", new Aws.Ec2.RouteTableAssociationArgs { SubnetId = subnet.Id, RouteTableId = table.Id }, Child());
            subnets.Add(subnet.Id);
        }

        return subnets;
    }
}
