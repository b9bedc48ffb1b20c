using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Jobs;
using TwiBackup.Infra.Storage;
using TwiBackup.Policy;

namespace TwiBackup.Infra.Watching;

/// <summary>
/// What is watched, from the policy's promises. A late backup is seen at the bucket, by the absence of manifests, and so also when no job
/// runs at all;
/// what takes longer than CloudWatch looks back is asked by the status job, whose own silence is an alarm.
/// </summary>
public static class Alarms
{
    /// <summary>CloudWatch evaluates at most a week.</summary>
    private const int MostHours = 7 * 24;

    private const string Events = "AWS/Events";

    /// <summary>The alarms of one system.</summary>
    public static IReadOnlyList<AlarmSpec> For(ProtectedSystem system, StackConfig config, IReadOnlyList<Job> jobs)
    {
        List<AlarmSpec> alarms = [];
        foreach (var late in LateKinds(system.Policy))
        {
            alarms.Add(new AlarmSpec(
                $"{system.Name}-late-{late.Kind}",
                    $"No {late.Kind} of {system.Name} was committed for {late.Hours} hours. Look at the log {Names.JobLogGroup(system.Name, late.Job)}, then run the job by hand.")
            {
                Namespace = Events,
                Metric = "Invocations",
                Dimensions = new Dictionary<string, string> { ["RuleName"] = CommitRule(system.Name, late.Kind) },
                Statistic = "Sum",
                Period = 3600,
                Periods = late.Hours,
                Threshold = 1,
                Below = true,
                SilenceIsBad = true,
            });
        }

        alarms.Add(new AlarmSpec(
            $"{system.Name}-status-silent",
                $"The status job of {system.Name} did not run for an hour, so nobody asks whether promises are kept. Look at the schedule {system.Name}-{JobCatalog.Status} and its log.")
        {
            Namespace = Events,
            Metric = "Invocations",
            Dimensions = new Dictionary<string, string> { ["RuleName"] = StatusRule(system.Name) },
            Statistic = "Sum",
            Period = 900,
            Periods = 4,
            Threshold = 1,
            Below = true,
            SilenceIsBad = true,
        });
        if (jobs.Any(job => job.IsService))
            alarms.AddRange(OfTheReceiver(system, config));
        if (system.Policy.Rehearsal?.Schedule.LongestGap(StackConfig.Epoch) is { } gap)
            alarms.Add(Reported(system, StatusMetrics.RehearsalAge, "rehearsal-overdue", (gap + TimeSpan.FromDays(14)).TotalSeconds,
                "No disaster was rehearsed in time. Apply the stack dr in mode rehearse, and see why the schedule did not."));
        return alarms;
    }

    /// <summary>The alarms of what all systems share.</summary>
    public static IReadOnlyList<AlarmSpec> Shared(Names names)
    {
        var replication = new Dictionary<string, string>
        {
            ["SourceBucket"] = names.Bucket(names.PrimaryRegion),
            ["DestinationBucket"] = names.Bucket(names.RecoveryRegion),
            ["RuleId"] = BackupStorage.ReplicationRule,
        };
        return
        [
            new AlarmSpec($"{names.Installation}-replication-late",
                "The second region is more than 15 minutes behind. A region lost now loses that much; look at the replication metrics of the bucket.")
            {
                Namespace = "AWS/S3",
                Metric = "ReplicationLatency",
                Dimensions = replication,
                Threshold = 900,
                Periods = 3,
            },
            new AlarmSpec($"{names.Installation}-replication-failed",
                "Objects could not be replicated. Look at the role and keys of the replication, then retry the failed ones with S3 Batch Replication.")
            {
                Namespace = "AWS/S3",
                Metric = "OperationsFailedReplication",
                Dimensions = replication,
                Statistic = "Sum",
            },
            new AlarmSpec($"{names.Installation}-dead-letters",
                "A job could not be started. The message in the queue says why; run the job by hand.")
            {
                Namespace = "AWS/SQS",
                Metric = "ApproximateNumberOfMessagesVisible",
                Dimensions = new Dictionary<string, string> { ["QueueName"] = names.DeadLetterQueue },
            },
        ];
    }

    /// <summary>The rule that counts commits of a kind.</summary>
    public static string CommitRule(string system, string kind) => $"{system}-committed-{kind}";

    /// <summary>The rule that counts runs of the status job.</summary>
    public static string StatusRule(string system) => $"{system}-status-ran";

    /// <summary>Kinds of sets whose rhythm CloudWatch can follow, and after how many hours without one they are late.</summary>
    public static IReadOnlyList<(string Kind, string Folder, string Job, int Hours)> LateKinds(BackupPolicy policy)
    {
        var backups = policy.Backups;
        IEnumerable<(string Kind, string Job, Schedule? Schedule)> all =
        [
            ("database-full", "backup-database", backups.Full?.Schedule),
            ("database-dump", "backup-dump", backups.Dump?.Schedule),
            ("configuration", "backup-configuration", backups.Configuration?.Schedule),
            ("repository", "backup-repository", backups.Repository?.Schedule),
            ("logs", "backup-logs", backups.Logs?.Schedule),
        ];
        var folders = StoreKind.Of(policy).ToDictionary(kind => kind.Name, kind => kind.Folder);
        return
        [
            .. all.Select(kind => (kind.Kind, kind.Job, Gap: kind.Schedule?.LongestGap(StackConfig.Epoch)))
                .Where(kind => kind.Gap is not null)
                .Select(kind => (kind.Kind, Folder: folders[kind.Kind], kind.Job,
                    Hours: (int)Math.Ceiling(kind.Gap!.Value.TotalHours * 1.25)))
                .Where(kind => kind.Hours <= MostHours),
        ];
    }

    private static IEnumerable<AlarmSpec> OfTheReceiver(ProtectedSystem system, StackConfig config)
    {
        yield return new AlarmSpec(
            $"{system.Name}-receiver-down",
                $"The WAL receiver of {system.Name} does not run. The server keeps WAL in its slot meanwhile and its disk fills; look at the service {system.Name}-{JobCatalog.Receiver} and its log.")
        {
            Namespace = "ECS/ContainerInsights",
            Metric = "RunningTaskCount",
            Dimensions = new Dictionary<string,
                string> { ["ClusterName"] = config.Names.Cluster, ["ServiceName"] = $"{system.Name}-{JobCatalog.Receiver}" },
            Statistic = "Minimum",
            Period = 60,
            Periods = 5,
            Threshold = 1,
            Below = true,
            SilenceIsBad = true,
        };
        yield return Reported(system, StatusMetrics.SlotBytes, "slot-grows", config.SlotGigabytes * 1024.0 * 1024 * 1024,
            "The replication slot holds back more WAL than it should. See that the receiver runs and the store takes its puts, before the server drops the slot.");
        if (system.Policy.Objectives.Database.Rpo is { } rpo)
            yield return Reported(system, StatusMetrics.RecoverableAge, "rpo-missed", rpo.TotalSeconds,
                "The newest recoverable instant is older than the RPO promises. A disaster now loses that much; look at the receiver.");
    }

    private static AlarmSpec Reported(
        ProtectedSystem system, StatusMetrics.Metric metric, string name, double threshold, string description) =>
        new($"{system.Name}-{name}", description)
        {
            Namespace = StatusMetrics.Namespace(system.Name),
            Metric = metric.Name,
            Period = 900,
            Periods = 2,
            Threshold = threshold,
        };
}
