using TwiBackup.Policy;

namespace TwiBackup.Scheduling;

/// <summary>The jobs that a policy asks for.</summary>
public static class ScheduledJobs
{
    public const string Full = "full";
    public const string Incremental = "incremental";
    public const string Prune = "prune";

    /// <summary>All, the most urgent first.</summary>
    public static IReadOnlyList<ScheduledJob> Of(BackupPolicy policy)
    {
        var jobs = new List<ScheduledJob>();
        var backups = policy.Backups;
        var isPhysical = policy.Database.Mode == DatabaseMode.Physical;
        if (isPhysical && backups.Full is { } full)
            jobs.Add(Backup(Full, "database", full.Schedule, JobSecrets.Database));
        if (isPhysical && backups.Incremental is { } incremental)
            jobs.Add(Backup(Incremental, "restore-point", incremental.Schedule, JobSecrets.Database) with { Needs = backups.Full is null ? null : Full, IsLight = true });
        if (backups.Dump is { } dump)
            jobs.Add(Backup("dump", "dump", dump.Schedule, JobSecrets.Database));
        // On change it is watched instead.
        if (backups.Configuration is { Schedule.IsOnChange: false } configuration)
            jobs.Add(Configuration(configuration.Schedule));
        if (backups.Repository is { } repository)
            jobs.Add(Backup("repository", "repository", repository.Schedule, JobSecrets.Repository));
        if (backups.Logs is { } logs)
            jobs.Add(Backup("logs", "logs", logs.Schedule, JobSecrets.None));
        if (policy.Verification is { } verification)
            jobs.AddRange(Verifications(policy, verification, isPhysical));
        if (policy.Verification is { System: { } system } whole)
            jobs.Add(new ScheduledJob
            {
                Kind = "verification system",
                Arguments = ["verify", "system"],
                Schedule = system.Schedule ?? whole.Schedule,
                Secrets = JobSecrets.Database | JobSecrets.Writer | JobSecrets.Records | JobSecrets.Webhook,
            });
        if (policy.Rehearsal is { } rehearsal)
            jobs.Add(Rehearse(policy, rehearsal));
        // Never by a clock of its own: nothing expires unless something newer has come.
        jobs.Add(new ScheduledJob { Kind = Prune, Arguments = ["prune"], Schedule = Schedule.OnChange, After = isPhysical && backups.Full is not null ? Full : "dump" });
        return jobs;
    }

    /// <summary>The jobs of a kind: one, or for <c>verification</c> all of them. Throws a wrong use when the policy has none.</summary>
    public static IReadOnlyList<ScheduledJob> Find(BackupPolicy policy, string kind)
    {
        var jobs = Of(policy);
        if (kind == "configuration" && policy.Backups.Configuration is { Schedule: var schedule })
            return [Configuration(schedule)];
        var found = jobs.Where(j => j.Kind == kind || j.Kind.StartsWith(kind + " ", StringComparison.Ordinal)).ToList();
        return found.Count > 0
            ? found
            : throw new TwiBackupException(ExitCode.WrongUse, $"The policy of {policy.System} has no \"{kind}\"; it has {string.Join(", ", jobs.Select(j => j.Kind))}.");
    }

    /// <summary>Each kind is verified by a process of its own: one that fails keeps no other from being proven.</summary>
    private static IEnumerable<ScheduledJob> Verifications(BackupPolicy policy, VerificationPolicy verification, bool isPhysical)
    {
        var backups = policy.Backups;
        if (isPhysical && backups.Full is not null)
        {
            yield return Verify(Full, "database");
            // A random set and a random point behind it, once the newest was seen to be good.
            if (verification.Random > 0)
                yield return Verify(Full, "database", "--random") with { Kind = "verification random", Schedule = Schedule.OnChange, After = "verification full" };
        }

        if (backups.Dump is not null)
            yield return Verify("dump", "dump");
        if (backups.Configuration is not null)
            yield return Verify("configuration", "configuration");
        if (backups.Repository is not null)
            yield return Verify("repository", "repository");
        if (backups.Logs is not null)
            yield return Verify("logs", "logs");

        ScheduledJob Verify(string kind, params string[] arguments) => new()
        {
            Kind = $"verification {kind}",
            Arguments = ["verify", .. arguments],
            Schedule = verification.Schedule,
            Secrets = JobSecrets.Verifier,
            Needs = kind,
        };
    }

    /// <summary>Without a record nobody knows afterwards that it was rehearsed; only a verifier can make one.</summary>
    private static ScheduledJob Rehearse(BackupPolicy policy, RehearsalPolicy rehearsal) => new()
    {
        Kind = "rehearsal",
        Arguments = ["rehearse"],
        Options = policy.Keys.VerifierKey is null ? [] : ["--record"],
        Schedule = rehearsal.Schedule,
        Secrets = policy.Keys.VerifierKey is null ? JobSecrets.None : JobSecrets.Verifier,
    };

    private static ScheduledJob Configuration(Schedule schedule) =>
        Backup("configuration", "configuration", schedule, JobSecrets.None) with { Options = ["--reason", "schedule"] };

    private static ScheduledJob Backup(string kind, string command, Schedule schedule, JobSecrets secrets) => new()
    {
        Kind = kind,
        Arguments = ["backup", command],
        Schedule = schedule,
        Secrets = secrets | JobSecrets.Writer,
        RunsWhenNever = true,
    };
}
