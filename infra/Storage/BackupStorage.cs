using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Policies;
using TwiBackup.Infra.Roles;
using Aws = Pulumi.Aws;
using Inputs = Pulumi.Aws.S3.Inputs;

namespace TwiBackup.Infra.Storage;

/// <summary>
/// Where backups are: a bucket a region, encrypted with one key that exists in both, the second filled by replication within 15 minutes.
/// Everything in it is protected and stays when the stack goes.
/// </summary>
public sealed class BackupStorage : Component
{
    /// <summary>The one replication rule.</summary>
    public const string ReplicationRule = "everything";

    public BackupStorage(string name, StackConfig config, BackupStorageArgs args)
        : base("BackupStorage", name, config, args.Primary.In())
    {
        List<string> roles = [.. config.Systems.SelectMany(
            system => Enum.GetValues<JobRole>().Select(role => Names.RoleArn(system.Name, role))), Names.RoleArn(Names.ReplicationRole)];
        var key = new Aws.Kms.Key($"{name}-key", new Aws.Kms.KeyArgs
        {
            Description = $"TwiBackup {Names.Installation}: backups",
            MultiRegion = true,
            EnableKeyRotation = true,
            DeletionWindowInDays = 30,
            Policy = KeyPolicies.Data(Names, args.Primary.Name, roles).ToJson(),
            Tags = Tags,
        }, Kept());
        _ = new Aws.Kms.Alias($"{name}-key", new Aws.Kms.AliasArgs { Name = Names.DataKeyAlias, TargetKeyId = key.KeyId }, Child());
        var replica = new Aws.Kms.ReplicaKey($"{name}-key-replica", new Aws.Kms.ReplicaKeyArgs
        {
            Description = $"TwiBackup {Names.Installation}: backups",
            PrimaryKeyArn = key.Arn,
            DeletionWindowInDays = 30,
            Policy = KeyPolicies.Data(Names, args.Recovery.Name, roles).ToJson(),
            Tags = Tags,
        }, In(Kept(), args.Recovery));
        _ = new Aws.Kms.Alias(
            $"{name}-key-replica", new Aws.Kms.AliasArgs { Name = Names.DataKeyAlias, TargetKeyId = replica.KeyId },
                In(Child(), args.Recovery));
        Primary = new BackupBucket($"{name}-primary", config, args.Primary, new BackupBucketArgs { KeyArn = key.Arn, Roles = roles }, this);
        Recovery = new BackupBucket(
            $"{name}-recovery", config, args.Recovery, new BackupBucketArgs { KeyArn = replica.Arn, Roles = roles }, this);
        KeyArns = Output.Tuple(key.Arn, replica.Arn).Apply(arns => (IReadOnlyDictionary<string, string>)new Dictionary<string, string>
        {
            [args.Primary.Name] = arns.Item1,
            [args.Recovery.Name] = arns.Item2,
        });
        Replicate(name, args, replica.Arn);
        _ = new Aws.S3.BucketNotification(name, new Aws.S3.BucketNotificationArgs
        {
            Bucket = Primary.Bucket.Id,
            Eventbridge = true,
            Topics =
            {
                new Inputs.BucketNotificationTopicArgs
                {
                    Id = "replication",
                    TopicArn = args.TopicArn,
                    Events = { "s3:Replication:OperationFailedReplication", "s3:Replication:OperationMissedThreshold" },
                },
            },
        }, After(args.TopicPolicy));
        RegisterOutputs();
    }

    public BackupBucket Primary { get; }

    public BackupBucket Recovery { get; }

    /// <summary>The bucket key's ARN by region.</summary>
    public Output<IReadOnlyDictionary<string, string>> KeyArns { get; }

    private void Replicate(string name, BackupStorageArgs args, Output<string> targetKey)
    {
        var role = new Aws.Iam.Role($"{name}-replication", new Aws.Iam.RoleArgs
        {
            Name = Names.ReplicationRole,
            Description = "Replicates backups to the second region",
            AssumeRolePolicy = PolicyDocument.Trust("s3.amazonaws.com", Names.Account, Names.BucketArn(args.Primary.Name)).ToJson(),
            Tags = Tags,
        }, Child());
        var policy = new Aws.Iam.RolePolicy($"{name}-replication", new Aws.Iam.RolePolicyArgs
        {
            Role = role.Id,
            Name = "replicate",
            Policy = KeyArns.Apply(keys => ServicePolicies.Replication(Names, keys[args.Primary.Name], keys[args.Recovery.Name]).ToJson()),
        }, Child());
        var options = Kept();
        options.DependsOn.Add(Primary.Versioning, Recovery.Versioning, policy);
        _ = new Aws.S3.BucketReplicationConfig(name, new Aws.S3.BucketReplicationConfigArgs
        {
            Bucket = Primary.Bucket.Id,
            Role = role.Arn,
            Rules =
            {
                new Inputs.BucketReplicationConfigRuleArgs
                {
                    Id = ReplicationRule,
                    Status = "Enabled",
                    Priority = 1,
                    Filter = new Inputs.BucketReplicationConfigRuleFilterArgs { Prefix = "" },
                    DeleteMarkerReplication = new Inputs.BucketReplicationConfigRuleDeleteMarkerReplicationArgs { Status = "Disabled" },
                    SourceSelectionCriteria = new Inputs.BucketReplicationConfigRuleSourceSelectionCriteriaArgs
                    {
                        SseKmsEncryptedObjects = new Inputs.BucketReplicationConfigRuleSourceSelectionCriteriaSseKmsEncryptedObjectsArgs { Status = "Enabled" },
                    },
                    Destination = new Inputs.BucketReplicationConfigRuleDestinationArgs
                    {
                        Bucket = Recovery.Bucket.Arn,
                        StorageClass = "STANDARD",
                        EncryptionConfiguration = new Inputs.BucketReplicationConfigRuleDestinationEncryptionConfigurationArgs { ReplicaKmsKeyId = targetKey },
                        ReplicationTime = new Inputs.BucketReplicationConfigRuleDestinationReplicationTimeArgs
                        {
                            Status = "Enabled",
                            Time = new Inputs.BucketReplicationConfigRuleDestinationReplicationTimeTimeArgs { Minutes = 15 },
                        },
                        Metrics = new Inputs.BucketReplicationConfigRuleDestinationMetricsArgs
                        {
                            Status = "Enabled",
                            EventThreshold = new Inputs.BucketReplicationConfigRuleDestinationMetricsEventThresholdArgs { Minutes = 15 },
                        },
                    },
                },
            },
        }, options);
    }

    private static CustomResourceOptions In(CustomResourceOptions options, Region region)
    {
        options.Provider = region.Provider;
        return options;
    }
}
