using System.Collections.Concurrent;
using System.Collections.Immutable;
using Pulumi.Testing;

namespace TwiBackup.Infra.Tests.Support;

/// <summary>Stands for AWS: answers every registration with its inputs and likely outputs, and remembers what was asked.</summary>
internal sealed class CloudMocks : IMocks
{
    public const string RegistryPassword = "registry-password-that-is-secret";

    private const string Account = "123456789012";

    public ConcurrentBag<GraphResource> Resources { get; } = [];

    /// <summary>Functions that the program called: what it looked up instead of knowing.</summary>
    public ConcurrentBag<string> Calls { get; } = [];

    public Task<(string? id, object state)> NewResourceAsync(MockResourceArgs args)
    {
        var (type, name) = (args.Type!, args.Name!);
        var region = RegionOf(args.Provider);
        Resources.Add(new GraphResource(type, name) { Region = region, Inputs = args.Inputs });
        var outputs = args.Inputs.ToBuilder();
        var own = (args.Inputs.GetValueOrDefault("name") ?? args.Inputs.GetValueOrDefault("bucket")
            ?? args.Inputs.GetValueOrDefault("family")) as string ?? name;
        var id = type == "aws:s3/bucket:Bucket" ? own : $"{name}-id";
        outputs["arn"] = Arn(type, region, own);
        outputs.TryAdd("name", own);
        foreach (var (key, value) in Outputs(type, region, own, name))
            outputs[key] = value;
        return Task.FromResult<(string?, object)>((id, outputs.ToImmutable()));
    }

    public Task<object> CallAsync(MockCallArgs args)
    {
        Calls.Add(args.Token!);
        return args.Token switch
        {
            "aws:ecr/getAuthorizationToken:getAuthorizationToken" => Task.FromResult<object>(new Dictionary<string, object>
            {
                ["authorizationToken"] = RegistryPassword,
                ["expiresAt"] = "2026-01-01T00:00:00Z",
                ["id"] = "token",
                ["password"] = RegistryPassword,
                ["proxyEndpoint"] = "https://registry",
                ["region"] = "eu-central-1",
                ["userName"] = "AWS",
            }),
            _ => throw new InvalidOperationException($"The program looks up {args.Token}."),
        };
    }

    /// <summary>A provider is named after its region: <c>urn:…::eu-central-1::id</c>.</summary>
    private static string RegionOf(string? provider) => provider is { Length: > 0 } && provider.Split("::") is [.., var name, _] ? name
        : "";

    private static string Arn(string type, string region, string name) => type switch
    {
        "aws:s3/bucket:Bucket" => $"arn:aws:s3:::{name}",
        "aws:iam/role:Role" => $"arn:aws:iam::{Account}:role/{name}",
        "aws:iam/instanceProfile:InstanceProfile" => $"arn:aws:iam::{Account}:instance-profile/{name}",
        "aws:kms/key:Key" or "aws:kms/replicaKey:ReplicaKey" => $"arn:aws:kms:{region}:{Account}:key/of-{name}",
        "aws:ecs/cluster:Cluster" => $"arn:aws:ecs:{region}:{Account}:cluster/{name}",
        "aws:ecs/taskDefinition:TaskDefinition" => $"arn:aws:ecs:{region}:{Account}:task-definition/{name}:1",
        "aws:sns/topic:Topic" => $"arn:aws:sns:{region}:{Account}:{name}",
        "aws:sqs/queue:Queue" => $"arn:aws:sqs:{region}:{Account}:{name}",
        "aws:secretsmanager/secret:Secret" => $"arn:aws:secretsmanager:{region}:{Account}:secret:{name}-a1b2c3",
        "aws:cloudwatch/logGroup:LogGroup" => $"arn:aws:logs:{region}:{Account}:log-group:{name}",
        "aws:ec2/launchTemplate:LaunchTemplate" => $"arn:aws:ec2:{region}:{Account}:launch-template/lt-{name}",
        _ => $"arn:aws:{type.Split(':')[1].Split('/')[0]}:{region}:{Account}:{name}",
    };

    private static IEnumerable<KeyValuePair<string, object>> Outputs(string type, string region, string own, string name) => type switch
    {
        "aws:kms/key:Key" or "aws:kms/replicaKey:ReplicaKey" => [new("keyId", $"of-{name}")],
        "aws:ecr/repository:Repository" =>
            [new("repositoryUrl", $"{Account}.dkr.ecr.{region}.amazonaws.com/{own}"), new("registryId", Account)],
        "docker:index/image:Image" =>
            [new("repoDigest", $"{Account}.dkr.ecr.eu-central-1.amazonaws.com/twi-bot/twibackup@sha256:{new string('0', 64)}")],
        "aws:ec2/vpcEndpoint:VpcEndpoint" => [new("prefixListId", "pl-s3")],
        "aws:ec2/eip:Eip" => [new("publicIp", "192.0.2.1")],
        _ => [],
    };
}
