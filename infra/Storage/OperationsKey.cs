using Pulumi;
using TwiBackup.Infra.Configuration;
using Aws = Pulumi.Aws;

namespace TwiBackup.Infra.Storage;

/// <summary>The key of a region for everything but the bucket: logs, topic, images, secrets, volumes.</summary>
public sealed class OperationsKey : Component
{
    public OperationsKey(string name, StackConfig config, Region region)
        : base("OperationsKey", name, config, region.In())
    {
        var key = new Aws.Kms.Key(name, new Aws.Kms.KeyArgs
        {
            Description = $"TwiBackup {Names.Installation}: logs, alarms, images, secrets and volumes",
            EnableKeyRotation = true,
            DeletionWindowInDays = 30,
            Policy = KeyPolicies.Operations(config, region.Name).ToJson(),
            Tags = Tags,
        }, Kept());
        _ = new Aws.Kms.Alias(name, new Aws.Kms.AliasArgs { Name = Names.OperationsKeyAlias, TargetKeyId = key.KeyId }, Child());
        Arn = key.Arn;
        RegisterOutputs();
    }

    /// <summary>The key's ARN.</summary>
    public Output<string> Arn { get; }
}
