using System.Globalization;
using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Cost;
using TwiBackup.Infra.Jobs;
using TwiBackup.Infra.Storage;

namespace TwiBackup.Infra;

/// <summary>What a stack says at its end.</summary>
internal static class StackOutputs
{
    public static IDictionary<string, object?> Of(StackConfig config, BackupStorage storage, JobImage image)
    {
        var names = config.Names;
        var cost = CostEstimate.Of(config);
        return new Dictionary<string, object?>
        {
            ["primaryBucket"] = storage.Primary.Bucket.BucketName,
            ["recoveryBucket"] = storage.Recovery.Bucket.BucketName,
            ["image"] = image.Uri,
            ["roles"] = config.Systems.ToDictionary(
                system => system.Name, system => Enum.GetValues<JobRole>()
                    .ToDictionary(role => role.ToString().ToLowerInvariant(), role => names.RoleArn(system.Name, role))),
            ["environment"] = Environment(config, names.PrimaryRegion),
            ["secretsToFill"] = config.Systems.ToDictionary(
                system => system.Name, system =>
                    system.Secrets.Select(secret => $"{Names.Secret(system.Name, secret.Variable)}: {secret.Description}").ToList()),
            ["rehearsal"] = config.Host.RehearsalImage is null ? "not scheduled: set twibackup:rehearsalImage (docs/infrastructure.md)"
                : "scheduled as the policy says",
            ["monthlyDollars"] = cost.Lines.Append(("total", cost.Total))
                .ToDictionary(line => line.Item1, line => line.Item2.ToString("0.00", CultureInfo.InvariantCulture)),
        };
    }

    /// <summary>By system, what a shell needs to run <c>twibackup</c> against the stores of this stack; secrets are fetched by the one who
    /// may.</summary>
    public static Dictionary<string, string> Environment(StackConfig config, string region)
    {
        return config.Systems.ToDictionary(system => system.Name, system => string.Join('\n',
        [
            $"export AWS_REGION={region}",
            $"aws ssm get-parameter --region {region} --name {Names.PolicyParameter(system.Name)} --query Parameter.Value --output text > twibackup.cloud.json",
            "export TWIBACKUP_POLICY=$PWD/twibackup.cloud.json",
            .. system.Secrets.Select(
                secret => $"export {secret.Variable}=\"$(aws secretsmanager get-secret-value --region {region} --secret-id {Names.Secret(system.Name, secret.Variable)} --query SecretString --output text)\""),
        ]));
    }
}
