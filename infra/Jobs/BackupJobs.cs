using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Network;
using Aws = Pulumi.Aws;
using Inputs = Pulumi.Aws.Ecs.Inputs;

namespace TwiBackup.Infra.Jobs;

/// <summary>What the jobs of all systems share: a cluster on Fargate, the network they run in, and where a run ends that could not be
/// started.</summary>
public sealed class BackupJobs : Component
{
    public BackupJobs(string name, StackConfig config, BackupJobsArgs args)
        : base("BackupJobs", name, config, args.Region.In())
    {
        Image = args.Image;
        OperationsKey = args.OperationsKey;
        Cluster = new Aws.Ecs.Cluster(name, new Aws.Ecs.ClusterArgs
        {
            Name = Names.Cluster,
            Settings = { new Inputs.ClusterSettingArgs { Name = "containerInsights", Value = "enabled" } },
            Tags = Tags,
        }, Child());
        _ = new Aws.Ecs.ClusterCapacityProviders(name, new Aws.Ecs.ClusterCapacityProvidersArgs
        {
            ClusterName = Cluster.Name,
            CapacityProviders = { "FARGATE" },
        }, Child());
        ScheduleGroup = new Aws.Scheduler.ScheduleGroup(
            name, new Aws.Scheduler.ScheduleGroupArgs { Name = Names.ScheduleGroup, Tags = Tags }, Child());
        DeadLetters = new Aws.Sqs.Queue(name, new Aws.Sqs.QueueArgs
        {
            Name = Names.DeadLetterQueue,
            MessageRetentionSeconds = 14 * 24 * 3600,
            SqsManagedSseEnabled = true,
            Tags = Tags,
        }, Child());
        (Subnets, SecurityGroups, PublicIp) = config.Jobs.Network is { } existing
            ? (existing.Subnets.ToList(), existing.SecurityGroups.ToList(), existing.PublicIp)
            : MakeNetwork(name, args.Region);
        RegisterOutputs();
    }

    public Output<string> Image { get; }

    public Output<string> OperationsKey { get; }

    public Aws.Ecs.Cluster Cluster { get; }

    public Aws.Scheduler.ScheduleGroup ScheduleGroup { get; }

    /// <summary>Gets the runs that could not be started; a task that started and failed is an event of ECS.</summary>
    public Aws.Sqs.Queue DeadLetters { get; }

    public InputList<string> Subnets { get; }

    public InputList<string> SecurityGroups { get; }

    public bool PublicIp { get; }

    private (InputList<string> Subnets, InputList<string> Groups, bool PublicIp) MakeNetwork(string name, Region region)
    {
        var network = new PrivateNetwork(
            $"{name}-network", Config, region, new PrivateNetworkArgs { Cidr = "10.71.0.0/20", BucketArn = Names.BucketArn(region.Name) },
                this);
        var group = new Aws.Ec2.SecurityGroup(name, new Aws.Ec2.SecurityGroupArgs
        {
            Name = $"{Names.Installation}-backup-jobs",
            Description = "Backup jobs: nothing in; out to AWS, alerts, the repository and the database",
            VpcId = network.VpcId,
            Tags = Tags,
        }, Child());
        foreach (var (port, why) in new[] { (443, "AWS, alerts and the code repository"),
            (Config.Jobs.DatabasePort, "the database") }.DistinctBy(way => way.Item1))
            Egress.To(name, group.Id, "0.0.0.0/0", port, why, Tags, Child());
        return ([.. network.Subnets.Select(subnet => (Input<string>)subnet)], [group.Id], true);
    }
}
