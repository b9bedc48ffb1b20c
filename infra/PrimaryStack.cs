using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Cost;
using TwiBackup.Infra.Jobs;
using TwiBackup.Infra.Restore;
using TwiBackup.Infra.Roles;
using TwiBackup.Infra.Storage;
using TwiBackup.Infra.Watching;

namespace TwiBackup.Infra;

/// <summary>What runs every day, and beforehand in the second region everything that the disaster needs.</summary>
internal static class PrimaryStack
{
    public static IDictionary<string, object?> Register(StackConfig config, string root)
    {
        var names = config.Names;
        var primary = Region.Open(config, names.PrimaryRegion);
        var recovery = Region.Open(config, names.RecoveryRegion);
        var primaryKey = new OperationsKey("operations", config, primary).Arn;
        var recoveryKey = new OperationsKey("operations-recovery", config, recovery).Arn;
        var topic = new AlarmTopic("alarms", config, primary, primaryKey);
        var recoveryTopic = new AlarmTopic("alarms-recovery", config, recovery, recoveryKey);
        var storage = new BackupStorage(
            "storage", config, new BackupStorageArgs { Primary = primary, Recovery = recovery, TopicArn = topic.Arn,
                TopicPolicy = topic.Policy });
        var image = new JobImage(
            "image", config, new JobImageArgs { Primary = primary, Recovery = recovery, PrimaryKey = primaryKey, RecoveryKey = recoveryKey,
                Root = root });
        var jobs = new BackupJobs("jobs", config, new BackupJobsArgs { Region = primary, Image = image.Uri, OperationsKey = primaryKey });
        var restore = new RestoreEnvironment(
            "restore", config, new RestoreEnvironmentArgs { Region = recovery, Image = image.RecoveryUri, OperationsKey = recoveryKey });
        var watched = new List<(ProtectedSystem, SystemJobs)>();
        foreach (var system in config.Systems)
        {
            var secrets = new SystemSecrets($"{system.Name}-secrets", config, system, primary, primaryKey, recoveryKey);
            var roles = new SystemRoles($"{system.Name}-roles", config, system, primary, storage.KeyArns);
            watched.Add((system, new SystemJobs(
                $"{system.Name}-jobs", config,
                    new SystemJobsArgs { System = system, Region = primary, Shared = jobs, Roles = roles, Secrets = secrets.Arns })));
            _ = new SystemRestore(
                $"{system.Name}-restore", config,
                    new SystemRestoreArgs { System = system, Region = recovery, Shared = restore, Roles = roles });
        }

        if (config.Systems[0].Policy.Alerts.Discord is { } discord)
        {
            _ = new DiscordForwarder("discord", config, primary, topic, discord.Name, primaryKey);
            _ = new DiscordForwarder("discord-recovery", config, recovery, recoveryTopic, discord.Name, recoveryKey);
        }

        _ = new Watch("watch", config, new WatchArgs { Region = primary, Topic = topic, Systems = watched, OperationsKey = primaryKey });
        return StackOutputs.Of(config, storage, image);
    }
}
