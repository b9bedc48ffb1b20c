using System.Globalization;
using Pulumi;
using Aws = Pulumi.Aws;

namespace TwiBackup.Infra.Network;

/// <summary>Rules of security groups, one a resource, so that a change shows as what it is.</summary>
internal static class Egress
{
    /// <summary>Lets TCP out to a port of an address range.</summary>
    public static Aws.Vpc.SecurityGroupEgressRule To(
        string name, Output<string> group, string cidr, int port, string why, InputMap<string> tags, CustomResourceOptions options) =>
        new($"{name}-{port.ToString(CultureInfo.InvariantCulture)}", new Aws.Vpc.SecurityGroupEgressRuleArgs
        {
            SecurityGroupId = group,
            CidrIpv4 = cidr,
            IpProtocol = "tcp",
            FromPort = port,
            ToPort = port,
            Description = why,
            Tags = tags,
        }, options);
}
