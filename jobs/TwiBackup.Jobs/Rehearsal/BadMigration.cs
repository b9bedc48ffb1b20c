using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Rehearsal.Local;

namespace TwiBackup.Rehearsal;

/// <summary>
/// A migration drops a table of a database that goes on being written. The cluster is restored beside to just before that transaction,
/// the table is dumped from there with its sequences and loaded into the live database: nothing else is touched, nothing else is lost.
/// </summary>
internal sealed class BadMigration(RehearsalOptions options, IProgressReporter progress) : IScenario
{
    public const string ScenarioName = "bad-migration";

    /// <summary>A table that the bot does not write all the time, with a sequence that it does not own.</summary>
    private const string Table = "public.quotes";

    private const string Key = "serial_id";
    private const string TableComponent = "table quotes";
    private const string DatabaseComponent = "database";

    public string Name => ScenarioName;

    public async Task RunAsync(LocalSystem system, Findings findings, CancellationToken cancellationToken)
    {
        findings.Expect(TableComponent, options.Objectives.Database);
        // It is never away: only what it lost is asked.
        findings.Expect(DatabaseComponent, new Objective(options.Objectives.Database.Rpo));
        system.StartReceiver();
        await system.WaitForReceiverAsync(cancellationToken);
        var set = await system.Backups.FullAsync(cancellationToken);
        system.StartBot();
        var since = MonotonicInstant.Now();
        await system.WriteAsync(options.Load, cancellationToken);

        var accident = await DropAsync(system, cancellationToken);
        findings.Begin();
        progress.Say($"Migration {accident.Xid} dropped {Table} with {accident.Rows} rows; the bot goes on writing.");
        var clock = new StageClock(accident.At.Ticks);
        var staged = new StagedProgress(progress, clock, "wal stored");
        var replayed = await BringBackAsync(system, accident, staged, cancellationToken);
        staged.Stage("verified");
        var lost = await CheckAsync(system, accident, since, findings, cancellationToken);
        staged.End();
        findings.Add(clock);
        findings.Add(new RehearsalBytes(set.Manifest.PlainBytes, set.Manifest.StoredBytes, replayed));
        findings.Measure(TableComponent, TimeSpan.Zero, clock.Elapsed);
        findings.Measure(DatabaseComponent, lost, null);
    }

    private static async Task<Accident> DropAsync(LocalSystem system, CancellationToken cancellationToken)
    {
        await using var connection = await QueryConnection.OpenAsync(system.Database.BotConnection, cancellationToken);
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

    /// <summary>Restores beside and copies the table into the live database; returns how much WAL was replayed.</summary>
    private static async Task<long> BringBackAsync(LocalSystem system, Accident accident, StagedProgress staged, CancellationToken cancellationToken)
    {
        var catalog = await system.CatalogAsync(cancellationToken);
        var plan = await PlanAsync(system, catalog, accident, cancellationToken);
        var scratch = Path.Combine(system.Folder, "beside");
        Directory.CreateDirectory(scratch);
        system.Account.Chown(scratch);
        var restore = new DatabaseRestore(
            catalog, system.Installation, system.Account, new RestoreOptions { DataDirectory = Path.Combine(scratch, "data"), Scratch = true }, staged);
        await using var beside = await restore.RunAsync(plan, cancellationToken);
        staged.Stage("table back");
        await TableTransfer.CopyAsync(
            system.Installation, system.Account, beside.Connection with { Database = BotSchema.DefaultDatabase },
            system.Database.SuperuserConnection with { Database = BotSchema.DefaultDatabase }, Table, cancellationToken);
        return (long)(beside.ReachedLsn - plan.Set.StartLsn);
    }

    /// <summary>The transaction must be in the store before recovery can stop in front of it.</summary>
    private static async Task<RestorePlan> PlanAsync(LocalSystem system, SetCatalog catalog, Accident accident, CancellationToken cancellationToken)
    {
        await using var session = await QueryConnection.OpenAsync(system.Database.SuperuserConnection, cancellationToken);
        var needed = Lsn.Parse((await session.AskAsync<string>("select pg_current_wal_flush_lsn()::text", cancellationToken))!);
        var planner = new RestorePlanner(catalog, TimeProvider.System);
        while (true)
        {
            var plan = await planner.PlanAsync(new RecoveryTarget { BeforeXid = accident.Xid }, null, cancellationToken);
            if (plan.Reach >= needed)
                return plan;
            await Task.Delay(50, cancellationToken);
        }
    }

    private static async Task<TimeSpan?> CheckAsync(
        LocalSystem system, Accident accident, MonotonicInstant since, Findings findings, CancellationToken cancellationToken)
    {
        await using var connection = await QueryConnection.OpenAsync(system.Database.BotConnection, cancellationToken);
        var digest = await connection.AskAsync<string>(RowsDigest(accident.NewestKey), cancellationToken);
        findings.Check(
            "the table is back", digest == accident.Digest,
            $"{accident.Rows} rows were there; their digest was {accident.Digest} and is {digest}");
        foreach (var check in await BotChecks.RunAsync(connection, BotSchema.DefaultRole, cancellationToken))
            findings.Add(check);
        var comparison = await HeartbeatComparer.CompareAsync(AckLog.Read(system.AckPath), connection, MonotonicInstant.Now(), since, cancellationToken);
        findings.Check(
            "nothing else was lost", comparison is { Sound: true, Lost: 0 },
            $"{comparison.Lost + comparison.Holes.Count} acknowledged heartbeats are missing");
        return comparison.Recoverable;
    }

    private sealed record Accident(MonotonicInstant At, ulong Xid, long Rows, long NewestKey, string Digest);
}
