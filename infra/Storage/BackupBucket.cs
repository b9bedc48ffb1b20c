using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Policy;
using Aws = Pulumi.Aws;
using Inputs = Pulumi.Aws.S3.Inputs;

namespace TwiBackup.Infra.Storage;

/// <summary>One region's bucket and everything that protects it: versions, lock, key, ownership, policy and lifecycle.</summary>
public sealed class BackupBucket : Component
{
    public BackupBucket(string name, StackConfig config, Region region, BackupBucketArgs args, Resource parent)
        : base("BackupBucket", name, config, region.In(parent))
    {
        Bucket = new Aws.S3.Bucket(name, new Aws.S3.BucketArgs
        {
            BucketName = Names.Bucket(region.Name),
            ObjectLockEnabled = true,
            ForceDestroy = false,
            Tags = Tags,
        }, Kept());
        var access = new Aws.S3.BucketPublicAccessBlock(name, new Aws.S3.BucketPublicAccessBlockArgs
        {
            Bucket = Bucket.Id,
            BlockPublicAcls = true,
            BlockPublicPolicy = true,
            IgnorePublicAcls = true,
            RestrictPublicBuckets = true,
        }, Kept());
        _ = new Aws.S3.BucketOwnershipControls(name, new Aws.S3.BucketOwnershipControlsArgs
        {
            Bucket = Bucket.Id,
            Rule = new Inputs.BucketOwnershipControlsRuleArgs { ObjectOwnership = "BucketOwnerEnforced" },
        }, Kept());
        Versioning = new Aws.S3.BucketVersioning(name, new Aws.S3.BucketVersioningArgs
        {
            Bucket = Bucket.Id,
            VersioningConfiguration = new Inputs.BucketVersioningVersioningConfigurationArgs { Status = "Enabled" },
        }, Kept());
        _ = new Aws.S3.BucketServerSideEncryptionConfiguration(name, new Aws.S3.BucketServerSideEncryptionConfigurationArgs
        {
            Bucket = Bucket.Id,
            Rules =
            {
                new Inputs.BucketServerSideEncryptionConfigurationRuleArgs
                {
                    BucketKeyEnabled = true,
                    ApplyServerSideEncryptionByDefault = new Inputs.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs
                    {
                        SseAlgorithm = "aws:kms",
                        KmsMasterKeyId = args.KeyArn,
                    },
                },
            },
        }, Kept());
        _ = new Aws.S3.BucketObjectLockConfiguration(name, new Aws.S3.BucketObjectLockConfigurationArgs
        {
            Bucket = Bucket.Id,
            Rule = new Inputs.BucketObjectLockConfigurationRuleArgs
            {
                DefaultRetention = new Inputs.BucketObjectLockConfigurationRuleDefaultRetentionArgs
                {
                    Mode = config.Systems[0].Policy.Stores.Lock!.Mode == LockMode.Compliance ? "COMPLIANCE" : "GOVERNANCE",
                    Days = LockDays.Default(config.Systems),
                },
            },
        }, KeptAfter(Versioning));
        _ = new Aws.S3.BucketPolicy(name, new Aws.S3.BucketPolicyArgs
        {
            Bucket = Bucket.Id,
            Policy = args.KeyArn.Apply(key => BucketPolicies.For(config, region.Name, key, args.Roles).ToJson()),
        }, KeptAfter(access));
        _ = new Aws.S3.BucketLifecycleConfiguration(name, new Aws.S3.BucketLifecycleConfigurationArgs
        {
            Bucket = Bucket.Id,
            TransitionDefaultMinimumObjectSize = "all_storage_classes_128K",
            Rules = config.Systems.SelectMany(LifecycleRules.For).Select(LifecycleInputs.Of).ToList(),
        }, KeptAfter(Versioning));
        _ = new Aws.S3.BucketMetric(name, new Aws.S3.BucketMetricArgs { Bucket = Bucket.Id, Name = "all" }, Child());
        RegisterOutputs();
    }

    public Aws.S3.Bucket Bucket { get; }

    /// <summary>Replication needs it on both sides.</summary>
    public Aws.S3.BucketVersioning Versioning { get; }

    private CustomResourceOptions KeptAfter(Resource other)
    {
        var options = Kept();
        options.DependsOn.Add(other);
        return options;
    }
}
