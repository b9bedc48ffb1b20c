using TwiBackup.Infra.Configuration;
using TwiBackup.Policy;

namespace TwiBackup.Infra.Jobs;

/// <summary>The jobs that a policy asks for.</summary>
public static class JobCatalog
{
    /// <summary>The service's job.</summary>
    public const string Receiver = "wal-receive";

    /// <summary>The job that asks whether every promise is kept.</summary>
    public const string Status = "status";

    private static readonly SecretUse[] ToRead = [SecretUse.Trusted, SecretUse.Alerts];
    private static readonly SecretUse[] ToWrite = [SecretUse.Recipients, SecretUse.SigningKey, .. ToRead];
    private static readonly SecretUse[] FromDatabase = [SecretUse.Database, .. ToWrite];

    /// <summary>The jobs in a stable order.</summary>
    /// <param name="withFiles">Whether tasks can see the application's files; else the application's own host backs them up.</param>
    public static IReadOnlyList<Job> For(ProtectedSystem system, bool withFiles)
    {
        var policy = system.Policy;
        return
        [
            .. FromTheDatabase(policy),
            .. withFiles ? FromFiles(policy) : [],
            .. FromTheRepository(policy),
            .. AboutTheStore(policy),
        ];
    }

    private static IEnumerable<Job> FromTheDatabase(BackupPolicy policy)
    {
        if (policy.Database.Mode == DatabaseMode.Physical && policy.Backups.Full is { } full)
            yield return new Job(
                "backup-database", ["backup", "database"], JobRole.Writer) { Schedule = full.Schedule, Uses = FromDatabase, Cpu = 2048,
                    Memory = 4096 };
        if (policy.Database.Mode == DatabaseMode.Physical && policy.Backups.Incremental is { } incremental)
        {
            yield return new Job(
                "backup-restore-point", ["backup", "restore-point"], JobRole.Writer) { Schedule = incremental.Schedule,
                    Uses = FromDatabase };
            yield return new Job(Receiver, ["wal", "receive"], JobRole.Writer) { Uses = FromDatabase };
        }

        if (policy.Backups.Dump is { } dump)
            yield return new Job(
                "backup-dump", ["backup", "dump"], JobRole.Writer) { Schedule = dump.Schedule, Uses = FromDatabase, Cpu = 1024,
                    Memory = 2048 };
    }

    private static IEnumerable<Job> FromFiles(BackupPolicy policy)
    {
        if (policy.Backups.Configuration is { } configuration)
            yield return new Job("backup-configuration", ["backup", "configuration"], JobRole.Writer)
            {
                // The job takes a backup only when the content changed, so asking often costs a listing.
                Schedule = configuration.Schedule.IsOnChange ? Schedule.Parse("17 * * * *", TimeZoneInfo.Utc) : configuration.Schedule,
                Uses = ToWrite,
                NeedsFiles = true,
            };
        if (policy.Backups.Logs is { } logs)
            yield return new Job(
                "backup-logs", ["backup", "logs"], JobRole.Writer) { Schedule = logs.Schedule, Uses = ToWrite, NeedsFiles = true };
    }

    private static IEnumerable<Job> FromTheRepository(BackupPolicy policy)
    {
        // A folder is on the application's host; only what can be cloned over the network is cloned from here.
        if (policy.Backups.Repository is { } repository && repository.Source.Contains("://", StringComparison.Ordinal)
            && !repository.Source.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
            yield return new Job("backup-repository", ["backup", "repository"], JobRole.Writer)
            {
                Schedule = repository.Schedule,
                Uses = [SecretUse.Repository, .. ToWrite],
                NeedsScratch = true,
            };
    }

    private static IEnumerable<Job> AboutTheStore(BackupPolicy policy)
    {
        if (policy.Verification is { } verification)
            yield return new Job("verify", ["verify", "all"], JobRole.Verifier)
            {
                Schedule = verification.Schedule,
                Uses = [SecretUse.Identity, SecretUse.VerifierKey, .. ToRead],
                Cpu = 2048,
                Memory = 4096,
                NeedsScratch = true,
            };
        yield return new Job(
            "prune", ["prune"], JobRole.Retention) { Schedule = Schedule.Parse("40 5 * * *", policy.TimeZone), Uses = ToRead };
        yield return new Job(Status, ["status", "--check", "--json"], JobRole.Retention)
        {
            Schedule = Schedule.Parse("*/15 * * * *", TimeZoneInfo.Utc),
            Uses = [SecretUse.Database, .. ToRead],
            Cpu = 256,
            Memory = 512,
        };
    }
}
