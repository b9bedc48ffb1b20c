using Pulumi;
using TwiBackup.Infra.Configuration;
using Aws = Pulumi.Aws;
using Inputs = Pulumi.Aws.SecretsManager.Inputs;

namespace TwiBackup.Infra.Jobs;

/// <summary>
/// A place for each variable that a system's policy refers to, copied to the second region. A person fills them once
/// (<c>aws secretsmanager put-secret-value</c>); neither this program nor its state ever holds a value.
/// </summary>
public sealed class SystemSecrets : Component
{
    /// <param name="primaryKey">The operations key of the region.</param>
    /// <param name="recoveryKey">That of the second region.</param>
    public SystemSecrets(
        string name, StackConfig config, ProtectedSystem system, Region primary, Output<string> primaryKey, Output<string> recoveryKey)
        : base("SystemSecrets", name, config, primary.In())
    {
        Arns = system.Secrets.ToDictionary(
            secret => secret.Variable, secret =>
                new Aws.SecretsManager.Secret($"{system.Name}-{secret.Variable}", new Aws.SecretsManager.SecretArgs
        {
            Name = Names.Secret(system.Name, secret.Variable),
            Description = secret.Description,
            KmsKeyId = primaryKey,
            RecoveryWindowInDays = 30,
            Replicas = { new Inputs.SecretReplicaArgs { Region = Names.RecoveryRegion, KmsKeyId = recoveryKey } },
            Tags = Tags,
        }, Kept()).Arn);
        RegisterOutputs();
    }

    /// <summary>The secrets' ARNs by variable.</summary>
    public IReadOnlyDictionary<string, Output<string>> Arns { get; }
}
