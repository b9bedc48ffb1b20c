using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Storage;
using TwiBackup.Policy;

namespace TwiBackup.Infra.Cost;

/// <summary>
/// What storage and requests cost in a month, in US dollars, for a database of a given size: an order of magnitude to decide with, not a
/// bill.
/// Compute, logs and the recovered host are not in it.
/// </summary>
/// <param name="Lines">What costs how much.</param>
public sealed record CostEstimate(IReadOnlyList<(string What, decimal Dollars)> Lines)
{
    /// <summary>What sealing leaves of a database (zstd 3 on realistic rows); WAL compresses better.</summary>
    private const decimal Sealed = 0.45m;

    private const decimal WalSealed = 0.35m;

    /// <summary>Of <see href="https://aws.amazon.com/s3/pricing/">S3</see> in most regions.</summary>
    private const decimal GigabyteMonth = 0.023m;

    private const decimal ReplicationTimeGigabyte = 0.015m;
    private const decimal BetweenRegionsGigabyte = 0.02m;
    private const decimal KeyMonth = 1m;
    private const decimal SecretMonth = 0.4m;

    public decimal Total => Lines.Sum(line => line.Dollars);

    /// <summary>Computes it for all systems of a stack, each with a database of the configured size.</summary>
    public static CostEstimate Of(StackConfig config)
    {
        decimal stored = 0, written = 0, puts = 0, secrets = 0;
        foreach (var system in config.Systems)
        {
            foreach (var kind in StoreKind.Of(system.Policy))
            {
                var days = Math.Max(LifecycleRules.Days(system.Policy, kind) + (kind.IsSet ? RetentionTag.DataGraceDays : 0),
                    LockDays.IsPerObject(system) ? 0 : LockDays.Default(config.Systems));
                var daily = Daily(system.Policy, kind, config);
                stored += daily * days;
                written += daily * 30;
            }

            if (system.Policy.Backups.Incremental is { } incremental)
                puts += WalPuts.Of(incremental).Dollars;
            secrets += system.Secrets.Count * SecretMonth;
        }

        return new CostEstimate(
        [
            ("storage, primary region", Round(stored * GigabyteMonth)),
            ("storage, second region", Round(stored * GigabyteMonth)),
            ("requests for WAL when it never rests", Round(puts)),
            ("the same requests, replicated", Round(puts)),
            ("replication with time control, and transfer", Round(written * (ReplicationTimeGigabyte + BetweenRegionsGigabyte))),
            ("keys", 4 * KeyMonth),
            ("secrets in both regions", Round(secrets * 2)),
        ]);
    }

    /// <summary>GB that a kind adds in a day.</summary>
    private static decimal Daily(BackupPolicy policy, StoreKind kind, StackConfig config) => kind.Name switch
    {
        "database-full" => config.DatabaseGigabytes * Sealed * PerDay(policy.Backups.Full!.Schedule),
        "database-dump" => config.DatabaseGigabytes * Sealed * PerDay(policy.Backups.Dump!.Schedule),
        "wal" => config.WalGigabytesPerDay * WalSealed,
        _ => 0,
    };

    private static decimal PerDay(Schedule schedule) =>
        schedule.NextRuns(StackConfig.Epoch, 1000).TakeWhile(run => run < StackConfig.Epoch.AddDays(28)).Count() / 28m;

    private static decimal Round(decimal dollars) => Math.Round(dollars, 2);
}
