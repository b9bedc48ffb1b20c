using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Verification;

namespace TwiBackup.Rehearsal;

/// <summary>
/// A migration drops a table of a database that goes on being written. The cluster is restored beside to just before that transaction,
/// the table is dumped from there with its sequences and loaded into the live database: nothing else is touched, nothing else is lost.
/// </summary>
internal sealed class BadMigration(RehearsalOptions options, IProgressReporter progress)
{
    public const string ScenarioName = "bad-migration";

    /// <summary>A table that the bot does not write all the time, with a sequence that it does not own.</summary>
    private const string Table = "public.quotes";

    private const string Key = "serial_id";

    private readonly List<Check> checks = [];

    public async Task<RehearsalReport> RunAsync(CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetUtcNow();
        await using var system = await LocalSystem.BuildAsync(options, progress, cancellationToken);
        await system.StartReceiverAsync(cancellationToken);
        var set = await system.BackUpAsync(cancellationToken);
        system.StartBot();
        var since = MonotonicInstant.Now();
        progress.Stage("bot writes");
        await system.WaitForHeartbeatAsync(since, 1, cancellationToken);
        await Task.Delay(options.Load, cancellationToken);

        var accident = await DropAsync(system, cancellationToken);
        progress.Say($"Migration {accident.Xid} dropped {Table} with {accident.Rows} rows; the bot goes on writing.");
        var clock = new StageClock(accident.At.Ticks);
        var staged = new StagedProgress(progress, clock, "wal stored");
        var plan = await PlanAsync(system, accident, cancellationToken);
        long replayed;
        var scratch = Path.Combine(system.Folder, "beside");
        Directory.CreateDirectory(scratch);
        system.Account.Chown(scratch);
        var restore = new DatabaseRestore(
            system.Catalog, system.Installation, system.Account,
            new RestoreOptions { DataDirectory = Path.Combine(scratch, "data"), Scratch = true }, staged);
        await using (var beside = await restore.RunAsync(plan, cancellationToken))
        {
            replayed = (long)(beside.ReachedLsn - plan.Set.StartLsn);
            staged.Stage("table back");
            await TableTransfer.CopyAsync(
                system.Installation, system.Account, beside.Connection with { Database = BotSchema.DefaultDatabase },
                system.SuperuserConnection with { Database = BotSchema.DefaultDatabase }, Table, cancellationToken);
        }

        staged.Stage("verified");
        var comparison = await CheckAsync(system, accident, since, cancellationToken);
        staged.End();
        return Report(system, set, started, clock, comparison, accident, replayed);
    }

    private static async Task<Accident> DropAsync(LocalSystem system, CancellationToken cancellationToken)
    {
        await using var connection = await QueryConnection.OpenAsync(system.BotConnection, cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Locked first: nothing is written between the count and the drop.
        await connection.RunAsync($"lock table {Table} in access exclusive mode", cancellationToken);
        var rows = await connection.AskAsync<long>($"select count(*) from {Table}", cancellationToken);
        var digest = await connection.AskAsync<string>(RowsDigest(long.MaxValue), cancellationToken);
        var newest = await connection.AskAsync<long>($"select max({Key})::bigint from {Table}", cancellationToken);
        await connection.RunAsync($"drop table {Table}", cancellationToken);
        var xid = ulong.Parse((await connection.AskAsync<string>("select pg_current_xact_id()::text", cancellationToken))!, CultureInfo.InvariantCulture);
        await transaction.CommitAsync(cancellationToken);
        return new Accident(MonotonicInstant.Now(), xid, rows, newest, digest!);
    }

    /// <summary>A digest of the rows up to a key: the bot may add more once the table is back.</summary>
    private static string RowsDigest(long upTo) =>
        string.Create(CultureInfo.InvariantCulture, $"select coalesce(sum(hashtextextended(t::text, 0)), 0)::text from {Table} t where {Key} <= {upTo}");

    /// <summary>The transaction must be in the store before recovery can stop in front of it.</summary>
    private static async Task<RestorePlan> PlanAsync(LocalSystem system, Accident accident, CancellationToken cancellationToken)
    {
        await using var session = await QueryConnection.OpenAsync(system.SuperuserConnection, cancellationToken);
        var needed = Lsn.Parse((await session.AskAsync<string>("select pg_current_wal_flush_lsn()::text", cancellationToken))!);
        var planner = new RestorePlanner(system.Catalog, TimeProvider.System);
        while (true)
        {
            var plan = await planner.PlanAsync(new RecoveryTarget { BeforeXid = accident.Xid }, null, cancellationToken);
            if (plan.Reach >= needed)
                return plan;
            await Task.Delay(50, cancellationToken);
        }
    }

    private async Task<HeartbeatComparison> CheckAsync(LocalSystem system, Accident accident, MonotonicInstant since, CancellationToken cancellationToken)
    {
        await using var connection = await QueryConnection.OpenAsync(system.BotConnection, cancellationToken);
        var digest = await connection.AskAsync<string>(RowsDigest(accident.NewestKey), cancellationToken);
        checks.Add(new Check(
            "the table is back", digest == accident.Digest,
            $"{accident.Rows} rows were there; their digest was {accident.Digest} and is {digest}"));
        checks.AddRange(await BotChecks.RunAsync(connection, BotSchema.DefaultRole, cancellationToken));
        var now = MonotonicInstant.Now();
        var comparison = await HeartbeatComparer.CompareAsync(AckLog.Read(system.AckPath), connection, now, since, cancellationToken);
        checks.Add(new Check(
            "nothing else was lost", comparison is { Sound: true, Lost: 0 },
            $"{comparison.Lost + comparison.Holes.Count} acknowledged heartbeats are missing"));
        return comparison;
    }

    private RehearsalReport Report(
        LocalSystem system, BackupSet set, DateTimeOffset started, StageClock clock, HeartbeatComparison comparison, Accident accident, long replayed) => new()
        {
            Format = RehearsalReport.CurrentFormat,
            System = LocalSystem.Name,
            Id = SetId.Create(started),
            Scenario = ScenarioName,
            Tool = ToolVersion.Text,
            StartedAt = started,
            CompletedAt = TimeProvider.System.GetUtcNow(),
            Store = system.Store.Location,
            Postgres = system.Installation.Version.ToString(),
            Disasters = 1,
            Components =
            [
                ComponentResult.Of($"table {Table}", TimeSpan.Zero, options.DatabaseRpo, clock.Elapsed, options.DatabaseRto),
                ComponentResult.Of("database", comparison.Recoverable, options.DatabaseRpo, TimeSpan.Zero, options.DatabaseRto),
            ],
            Stages = clock.Stages,
            Bytes = new RehearsalBytes(set.Manifest.PlainBytes, set.Manifest.StoredBytes, replayed),
            Checks = checks,
        };

    private sealed record Accident(MonotonicInstant At, ulong Xid, long Rows, long NewestKey, string Digest);
}
