using System.Diagnostics;
using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Files;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Sealing;

namespace TwiBackup.Verification;

/// <summary>
/// Proves a full backup by restoring it: signature and checksum of every object, pg_verifybackup before the first start, replay, then
/// pg_amcheck, a full dump to nowhere, page checksums and the heartbeat. The server is a scratch one on a private socket; nothing is written
/// to the store but the record.
/// </summary>
public sealed class DatabaseVerifier(
    SetCatalog catalog, PostgresInstallation installation, ServerAccount account, DatabaseVerifyOptions options, TimeProvider clock, IProgressReporter progress)
{
    private readonly List<Check> checks = [];

    /// <summary>Verifies and returns the record, which is not yet stored. Content that fails is a failed check, not an exception.</summary>
    /// <exception cref="TwiBackupException">Nothing could be verified: no set, no identity, no room, no tools.</exception>
    public async Task<VerificationRecord> RunAsync(CancellationToken cancellationToken)
    {
        if (catalog.Keys.Identities.Count == 0)
            throw new TwiBackupException(ExitCode.WrongUse, "Without an identity nothing can be restored, so nothing proven. Name one in the policy as keys.identity, or check what can be checked with --structure.");
        var started = clock.GetUtcNow();
        var plan = await PlanAsync(cancellationToken);
        checks.Insert(0, new Check("manifest signature", true, $"set {plan.Set.Id}, {plan.Set.Manifest.Objects.Count} objects"));
        if (options is { SetId: null, RandomPoint: false })
            checks.AddRange(plan.Skipped.Select(line => new Check("newer sets", false, line)));

        using var scratch = new ScratchFolder(options.ScratchFolder, passable: true);
        var watch = Stopwatch.StartNew();
        Lsn? reached = null;
        double? seconds = null;
        try
        {
            var restore = new DatabaseRestore(
                catalog, installation, account,
                new RestoreOptions { DataDirectory = Path.Combine(scratch.Path, "data"), Scratch = true, Workers = options.Workers, BeforeStart = VerifyBaseAsync },
                progress);
            await using var server = await restore.RunAsync(plan, cancellationToken);
            seconds = watch.Elapsed.TotalSeconds;
            reached = server.ReachedLsn;
            checks.Add(new Check("objects and replay", true, $"every object had its SHA-256; replayed to {reached}, last commit {server.LastCommit:u}"));
            await CheckServerAsync(server, cancellationToken);
            await server.CompleteAsync(cancellationToken);
            await CheckPagesAsync(server.DataDirectory, plan.Set.Manifest.Database!, cancellationToken);
        }
        catch (TwiBackupException e) when (e.ExitCode == ExitCode.Failed)
        {
            checks.Add(new Check("restore", false, e.Message));
        }

        return Record(plan, started, reached, seconds);
    }

    private async Task<RestorePlan> PlanAsync(CancellationToken cancellationToken)
    {
        var planner = new RestorePlanner(catalog, clock);
        if (!options.RandomPoint)
            return await PlanNewestAsync(planner, options.SetId, cancellationToken);

        // Any instant of the window is promised, not only the newest: the weakest link is found by chance over the weeks.
        var random = new Random(options.Seed);
        var sets = (await catalog.ListAsync(SetKind.Full, cancellationToken)).Sets.Where(s => s.Manifest.KeepUntil > clock.GetUtcNow()).ToList();
        if (sets.Count == 0)
            throw new TwiBackupException($"{catalog.Store.Location} holds no full backup to verify.");
        var set = options.SetId is null ? sets[random.Next(sets.Count)] : sets.Find(s => s.Id == options.SetId) ?? sets[^1];
        var whole = await PlanNewestAsync(planner, set.Id, cancellationToken);
        var span = whole.Reach.Value - set.StopLsn.Value;
        var lsn = new Lsn(set.StopLsn.Value + (span == 0 ? 0 : (ulong)random.NextInt64((long)span)));
        progress.Say($"Random point: set {set.Id}, LSN {lsn} (seed {options.Seed.ToString(CultureInfo.InvariantCulture)}).");
        return await planner.PlanAsync(new RecoveryTarget { Lsn = lsn }, set.Id, cancellationToken);
    }

    /// <summary>WAL that is missing is a failed check, and what is before it is looked at all the same.</summary>
    private async Task<RestorePlan> PlanNewestAsync(RestorePlanner planner, string? setId, CancellationToken cancellationToken)
    {
        try
        {
            var plan = await planner.PlanAsync(RecoveryTarget.Latest, setId, cancellationToken);
            checks.Add(new Check("wal chain", true, $"whole from {plan.Set.StartLsn} to {plan.Reach}"));
            return plan;
        }
        catch (OutOfReachException e)
        {
            checks.Add(new Check("wal chain", false, e.Message));
            return e.Plan;
        }
    }

    /// <summary>PostgreSQL's own judgement of the files, before PostgreSQL has touched them.</summary>
    private async Task VerifyBaseAsync(string dataDirectory, string walFolder, CancellationToken cancellationToken)
    {
        progress.Stage("pg_verifybackup");
        var result = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = installation.Tool("pg_verifybackup"),
                Arguments =
                [
                    "-q", "-w", walFolder, "-i", RestoreTarget.MarkerName, "-i", "twibackup.wal",
                    "-i", "postgresql.conf", "-i", "pg_hba.conf", "-i", "pg_ident.conf", dataDirectory,
                ],
                Account = account,
            },
            cancellationToken);
        Add("pg_verifybackup", result);
        if (result.ExitCode != 0)
            throw new TwiBackupException($"pg_verifybackup found the base backup of this set wrong: {result.LastLine}");
    }

    private async Task CheckServerAsync(RestoredServer server, CancellationToken cancellationToken)
    {
        progress.Stage("checks");
        await CheckIndexesAsync(server, cancellationToken);
        await CheckDumpAsync(server, cancellationToken);
        await CheckHeartbeatAsync(server, cancellationToken);
    }

    private async Task CheckIndexesAsync(RestoredServer server, CancellationToken cancellationToken)
    {
        var result = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = installation.Tool("pg_amcheck"),
                Arguments = ["--all", "--heapallindexed", "--install-missing", .. Connect(server)],
                Account = account,
            },
            cancellationToken);
        Add("pg_amcheck --heapallindexed", result);
    }

    /// <summary>Reads every row of every table through SQL, as a dump does, and throws the text away.</summary>
    private async Task CheckDumpAsync(RestoredServer server, CancellationToken cancellationToken)
    {
        await using var dump = ChildProcess.Start(new ChildProcessOptions
        {
            Program = installation.Tool("pg_dumpall"),
            Arguments = [.. Connect(server)],
            Account = account,
        });
        long bytes = 0;
        var buffer = new byte[1 << 20];
        while (await dump.StandardOutput.ReadAsync(buffer, cancellationToken) is var read and > 0)
            bytes += read;
        var result = await dump.WaitAsync(cancellationToken);
        checks.Add(result.ExitCode == 0
            ? new Check("full dump", true, $"{Sizes.Text(bytes)} of SQL read to the end")
            : new Check("full dump", false, result.LastLine));
    }

    private async Task CheckHeartbeatAsync(RestoredServer server, CancellationToken cancellationToken)
    {
        if (options.Heartbeat is not { } heartbeat)
            return;
        var stop = server.Set.Manifest.Database!.StopTime;
        foreach (var database in server.Set.Manifest.Database.Databases.Keys)
        {
            await using var session = await QueryConnection.OpenAsync(server.Connection with { Database = database }, cancellationToken);
            if (!await session.AskAsync<bool>("select to_regclass($1) is not null", cancellationToken, heartbeat.Table))
                continue;
            var newest = await session.AskAsync<DateTime>($"select coalesce(max({heartbeat.Column}), '-infinity')::timestamptz at time zone 'UTC' from {heartbeat.Table}", cancellationToken);
            // A heart that beats once a second may have last beaten just before the set's end.
            var passed = newest >= stop.UtcDateTime - TimeSpan.FromMinutes(1);
            checks.Add(new Check("heartbeat", passed, $"newest in {database}: {newest:yyyy-MM-dd HH:mm:ss.fff}Z, the set ended {stop.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff}Z"));
            return;
        }

        checks.Add(new Check("heartbeat", false, $"no database has the table {heartbeat.Table} that the policy names"));
    }

    private async Task CheckPagesAsync(string dataDirectory, SourceFacts facts, CancellationToken cancellationToken)
    {
        if (!facts.DataChecksums)
            return;
        var result = await ChildProcess.RunAsync(
            new ChildProcessOptions { Program = installation.Tool("pg_checksums"), Arguments = ["--check", "-D", dataDirectory], Account = account }, cancellationToken);
        Add("page checksums", result);
    }

    private static IEnumerable<string> Connect(RestoredServer server) =>
    [
        "-h", server.Connection.Host, "-p", server.Connection.Port.ToString(CultureInfo.InvariantCulture), "-U", server.Connection.User,
    ];

    private void Add(string name, ChildResult result) =>
        checks.Add(new Check(name, result.ExitCode == 0, result.ExitCode == 0 ? "clean" : result.LastLine));

    private VerificationRecord Record(RestorePlan plan, DateTimeOffset started, Lsn? reached, double? seconds) => new()
    {
        Format = VerificationRecord.CurrentFormat,
        System = catalog.System,
        Id = SetId.Create(clock.GetUtcNow()),
        Kind = plan.Set.Kind.Name(),
        SetId = plan.Set.Id,
        Proven = checks.TrueForAll(c => c.Passed),
        Failed = checks.Exists(c => !c.Passed),
        StartedAt = started,
        CompletedAt = clock.GetUtcNow(),
        Target = plan.Target.ToString(),
        ReachedLsn = reached?.ToString(),
        RestoreSeconds = seconds,
        Checks = checks,
    };
}
