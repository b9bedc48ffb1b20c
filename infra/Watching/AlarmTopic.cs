using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Policies;
using Aws = Pulumi.Aws;

namespace TwiBackup.Infra.Watching;

/// <summary>Where the alarms of a region go: a topic that mails, and that the Discord forwarder listens to.</summary>
public sealed class AlarmTopic : Component
{
    /// <param name="key">The region's operations key.</param>
    public AlarmTopic(string name, StackConfig config, Region region, Output<string> key)
        : base("AlarmTopic", name, config, region.In())
    {
        var topic = new Aws.Sns.Topic(name, new Aws.Sns.TopicArgs { Name = Names.Topic, KmsMasterKeyId = key, Tags = Tags }, Child());
        Arn = topic.Arn;
        Policy = new Aws.Sns.TopicPolicy(
            name, new Aws.Sns.TopicPolicyArgs { Arn = topic.Arn, Policy = Who(region.Name).ToJson() }, Child());
        _ = new Aws.Sns.TopicSubscription(
            $"{name}-mail", new Aws.Sns.TopicSubscriptionArgs { Topic = topic.Arn, Protocol = "email", Endpoint = config.AlertEmail },
                Child());
        RegisterOutputs();
    }

    public Output<string> Arn { get; }

    /// <summary>Made before anything names the topic as its target.</summary>
    public Resource Policy { get; }

    /// <summary>Services of this account, each for its own kind of resource; people and roles of the account by IAM, over TLS
    /// only.</summary>
    private PolicyDocument Who(string region)
    {
        var topic = Names.TopicArn(region);
        return new PolicyDocument(
            Service("Alarms", "cloudwatch", topic, Names.Arn("cloudwatch", region, "alarm:*")),
            Service("Events", "events", topic, Names.Arn("events", region, "rule/*")),
            Service("Buckets", "s3", topic, Names.BucketArn(region)),
            Service("Budgets", "budgets", topic, $"arn:{Names.Partition}:budgets::{Names.Account}:*"),
            new Statement("DenyPlainHttp", ["sns:Publish"], [topic])
            {
                Allow = false,
                Principal = Principal.Everybody,
                Conditions = [new Condition("Bool", "aws:SecureTransport", "false")],
            });
    }

    private Statement Service(string sid, string service, string topic, string source) => new(sid, ["sns:Publish"], [topic])
    {
        Principal = Principal.Service($"{service}.amazonaws.com"),
        Conditions = [new Condition("StringEquals", "aws:SourceAccount", Names.Account), new Condition("ArnLike", "aws:SourceArn", source)],
    };
}
