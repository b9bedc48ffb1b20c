using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Policies;
using TwiBackup.Infra.Roles;
using Aws = Pulumi.Aws;
using Inputs = Pulumi.Aws.Lambda.Inputs;

namespace TwiBackup.Infra.Watching;

/// <summary>A function that tells Discord what the topic says. What the jobs have to say they tell Discord themselves.</summary>
public sealed class DiscordForwarder : Component
{
    /// <param name="variable">The variable of the first system's policy that holds the webhook's URL.</param>
    /// <param name="key">The region's operations key.</param>
    public DiscordForwarder(string name, StackConfig config, Region region, AlarmTopic topic, string variable, Output<string> key)
        : base("DiscordForwarder", name, config, region.In())
    {
        var system = config.Systems[0].Name;
        var function = $"{Names.Installation}-discord-{region.Name}";
        var group = $"/aws/lambda/{function}";
        var secret = Names.SecretArn(region.Name, system, variable);
        var log = new Aws.CloudWatch.LogGroup(
            name, new Aws.CloudWatch.LogGroupArgs { Name = group, RetentionInDays = config.Jobs.LogDays, KmsKeyId = key, Tags = Tags },
                Child());
        var role = new Aws.Iam.Role(name, new Aws.Iam.RoleArgs
        {
            Name = function,
            Description = "Tells Discord of alarms",
            AssumeRolePolicy = PolicyDocument.Trust("lambda.amazonaws.com", Names.Account).ToJson(),
            Tags = Tags,
        }, Child());
        var permission = new Aws.Iam.RolePolicy(name, new Aws.Iam.RolePolicyArgs
        {
            Role = role.Id,
            Name = "forward",
            Policy = key.Apply(known => ServicePolicies.Forwarder(Names, region.Name, group, secret, known).ToJson()),
        }, Child());
        var lambda = new Aws.Lambda.Function(name, new Aws.Lambda.FunctionArgs
        {
            Name = function,
            Description = "Tells Discord of alarms",
            Runtime = "nodejs22.x",
            Architectures = { "arm64" },
            Handler = "index.handler",
            Code = new AssetArchive(
                new Dictionary<string,
                    AssetOrArchive> { ["index.mjs"] = new FileAsset(
                        Path.Combine(AppContext.BaseDirectory, "Watching", "discord-forwarder.mjs")) }),
            Role = role.Arn,
            Timeout = 30,
            MemorySize = 128,
            ReservedConcurrentExecutions = 2,
            Environment = new Inputs.FunctionEnvironmentArgs { Variables = { ["WEBHOOK_SECRET"] = Names.Secret(system, variable) } },
            Tags = Tags,
        }, After(log, permission));
        var invoke = new Aws.Lambda.Permission(name, new Aws.Lambda.PermissionArgs
        {
            Action = "lambda:InvokeFunction",
            Function = lambda.Name,
            Principal = "sns.amazonaws.com",
            SourceArn = topic.Arn,
        }, Child());
        _ = new Aws.Sns.TopicSubscription(
            name, new Aws.Sns.TopicSubscriptionArgs { Topic = topic.Arn, Protocol = "lambda", Endpoint = lambda.Arn }, After(invoke));
        RegisterOutputs();
    }
}
