using System.Diagnostics;
using Npgsql;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Tests.Attacks.Kill;
using TwiBackup.Tests.Database;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Soak;

/// <summary>
/// One life of a system: a bot that writes, all jobs on fast schedules, faults by a seed, one disaster in its middle from which it is
/// recovered and lives on, and one at its end. Then every set is restored, and what was acknowledged is looked for.
/// </summary>
internal sealed class SoakRun(int seed, TimeSpan load, Action<string> say)
{
    private const string BotPassword = "b0t $ecret: ~";
    private const int SegmentSize = 1 << 20;

    private readonly Random random = new(seed);
    private MonotonicInstant since;
    private int directories;

    public int Faults { get; private set; }

    public int Jobs { get; private set; }

    public int Sets { get; private set; }

    public int Heartbeats { get; private set; }

    /// <summary>The longest time from the last heartbeat that was recovered to a disaster.</summary>
    public TimeSpan Loss { get; private set; }

    public async Task RunAsync()
    {
        var onS3 = random.Next(2) == 0 && Environment.GetEnvironmentVariable("TWIBACKUP_TEST_S3") != "off";
        await using var proxy = onS3 ? await S3Faults.NewProxyAsync() : null;
        await using var system = await CommandLine.StartAsync(
            CommandLine.Fastest, new InitOptions { WalSegmentSizeMb = SegmentSize >> 20 }, onS3 ? await TestStores.NewS3StoreAsync() : TestStores.NewFileStore(),
            ("max_wal_size", "64MB"));
        if (proxy is not null)
            await system.UseStoreAsync(S3Faults.UrlThrough(proxy, system.Store));
        await PrepareAsync(system);
        var acks = Path.Combine(system.Folder, "acknowledged");
        var bot = new BotStandIn(new BotOptions { Connection = Bot(system), AcknowledgementPath = acks, HeartbeatInterval = TimeSpan.FromMilliseconds(20), MessagesPerSecond = 40, Seed = (ulong)seed });
        using var stopBot = new CancellationTokenSource();
        var writing = bot.RunAsync(stopBot.Token);
        await using var jobs = new SoakJobs(system, seed, say);
        await BeginAsync(system, jobs);
        since = MonotonicInstant.Now();

        var plan = SoakPlan.Make(random, load, onS3);
        say($"seed {seed}, {(onS3 ? "S3" : "folder")}, {plan.Count} events in {load.TotalSeconds:0} s");
        var watch = Stopwatch.StartNew();
        foreach (var (at, what, chance) in plan)
        {
            if (at > watch.Elapsed)
                await Task.Delay(at - watch.Elapsed, CommandLine.Cancellation);
            say($"{watch.Elapsed.TotalSeconds:0.0} s {what}");
            await HappenAsync(system, jobs, proxy, what, chance, acks);
            Assert.False(writing.IsCompleted, "the bot gave up");
        }

        if (proxy is not null)
            proxy.Storm = null;
        await jobs.StopJobsAsync();
        await CalmAsync(system);
        foreach (var job in (string[][])[["backup", "database"], ["backup", "restore-point"], ["backup", "configuration"], ["backup", "repository"], ["backup", "logs"], ["prune"]])
        {
            // What was killed may hold its lock until the server has noticed.
            var outcome = await jobs.RunAsync(job);
            for (var again = 0; outcome.ExitCode != 0 && again < 5; again++)
                outcome = await jobs.RunAsync(job);
            Assert.True(outcome.ExitCode == 0, $"{string.Join(' ', job)} fails though all is well: {outcome.Errors}");
        }

        await LoseAndRecoverAsync(system, jobs, acks, chance: 1, goOn: false);
        await stopBot.CancelAsync();
        await writing;
        Assert.Empty(jobs.Wrong);
        await ProveAsync(system, jobs);
        Jobs = jobs.Ended.Values.Sum();
        Heartbeats = AckLog.Read(acks).Records.Count;
        say(string.Join(", ", jobs.Ended.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key} {e.Value}")));
    }

    private static async Task PrepareAsync(CommandLine system)
    {
        await BotSchema.LoadAsync(system.Server.Superuser, BotSchema.DefaultDatabase, BotSchema.DefaultRole, BotPassword, CommandLine.Cancellation);
        var configuration = Directory.CreateDirectory(Path.Combine(system.Folder, "etc")).FullName;
        var logs = Directory.CreateDirectory(Path.Combine(system.Folder, "logs")).FullName;
        var repository = Directory.CreateDirectory(Path.Combine(system.Folder, "repository")).FullName;
        await File.WriteAllTextAsync(Path.Combine(configuration, "bot.env"), "TOKEN=x\n");
        var log = Path.Combine(logs, "bot.log.1");
        await File.WriteAllTextAsync(log, "a line\n");
        // A log that was written a moment ago may be written still.
        File.SetLastWriteTimeUtc(log, DateTime.UtcNow.AddHours(-1));
        foreach (var arguments in (string[][])[["init", "-q"], ["-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-q", "--allow-empty", "-m", "first"]])
        {
            using var git = Process.Start(new ProcessStartInfo("git", ["-C", repository, .. arguments]))!;
            await git.WaitForExitAsync(CommandLine.Cancellation);
            Assert.Equal(0, git.ExitCode);
        }

        await system.WritePolicyAsync(p =>
        {
            var backups = p["backups"]!;
            // Much shorter than any: prune has something to let go all the time.
            backups["full"]!["keep"] = "60s";
            backups["incremental"]!["keep"] = "15s";
            backups["incremental"]!["flushInterval"] = "200ms";
            backups["configuration"] = new System.Text.Json.Nodes.JsonObject { ["schedule"] = "onChange", ["keep"] = "90d", ["paths"] = new System.Text.Json.Nodes.JsonArray(new System.Text.Json.Nodes.JsonObject { ["path"] = configuration }) };
            backups["repository"] = new System.Text.Json.Nodes.JsonObject { ["schedule"] = "0 4 * * 0", ["keep"] = "1y", ["source"] = repository };
            backups["logs"] = new System.Text.Json.Nodes.JsonObject { ["schedule"] = "0 5 * * 0", ["keep"] = "90d", ["paths"] = new System.Text.Json.Nodes.JsonArray(Path.Combine(logs, "*.log.*")) };
            p["recoveryWindow"] = "15s";
            p["database"]!["heartbeat"] = new System.Text.Json.Nodes.JsonObject { ["table"] = "public.heartbeat", ["column"] = "sent_at" };
        });
    }

    private async Task HappenAsync(CommandLine system, SoakJobs jobs, FaultProxy? proxy, SoakEvent what, int chance, string acks)
    {
        Faults++;
        switch (what)
        {
            case SoakEvent.KillReceiver:
                jobs.KillReceiver();
                break;
            case SoakEvent.KillServer:
                system.Server.Server.Kill();
                await system.Server.StartAgainAsync();
                break;
            case SoakEvent.KillBoth:
                jobs.KillReceiver();
                system.Server.Server.Kill();
                await system.Server.StartAgainAsync();
                break;
            case SoakEvent.KillJob:
                jobs.KillJob(chance);
                break;
            case SoakEvent.CutConnections:
                await system.Server.ExecuteAsync("postgres", "select pg_terminate_backend(pid) from pg_stat_replication");
                break;
            case SoakEvent.LoseStore when proxy is not null:
                proxy.Down = true;
                await Task.Delay(100 + (chance % 1500), CommandLine.Cancellation);
                proxy.Down = false;
                break;
            case SoakEvent.LoseStore:
                Directory.Move(system.Store.Root, system.Store.Root + ".away");
                await Task.Delay(100 + (chance % 1500), CommandLine.Cancellation);
                Directory.Move(system.Store.Root + ".away", system.Store.Root);
                break;
            case SoakEvent.Storm:
                // Silence would outlast the run: a program waits half a minute for it.
                proxy!.Storm = new FaultStorm(
                    chance, 0.2, FaultKind.Refused, FaultKind.Busy, FaultKind.DoneButRefused, FaultKind.ResetBefore, FaultKind.AnswerLost, FaultKind.ResetInHeader, FaultKind.ResetInBody);
                await Task.Delay(500 + (chance % 2000), CommandLine.Cancellation);
                Faults += proxy.Storm.Count;
                proxy.Storm = null;
                break;
            case SoakEvent.Checkpoint:
                await system.Server.ExecuteAsync("postgres", "select pg_switch_wal()", "checkpoint");
                break;
            default:
                await LoseAndRecoverAsync(system, jobs, acks, chance, goOn: true);
                break;
        }
    }

    /// <summary>Waits until everything that the server has now is acknowledged; the instant before which nothing may be lost.</summary>
    private async Task<MonotonicInstant> CalmAsync(CommandLine system)
    {
        var now = MonotonicInstant.Now();
        var target = Lsn.Parse(await system.Server.ScalarAsync("select pg_current_wal_flush_lsn()"));
        var watch = Stopwatch.StartNew();
        while (Lsn.Parse(await system.Server.ScalarAsync("select coalesce((select max(flush_lsn) from pg_stat_replication where application_name <> 'pg_basebackup'), '0/0')")) < target)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(2), $"seed {seed}: the receiver does not catch up with {target}");
            await Task.Delay(20, CommandLine.Cancellation);
        }

        return now;
    }

    private async Task LoseAndRecoverAsync(CommandLine system, SoakJobs jobs, string acks, int chance, bool goOn)
    {
        var safe = await CalmAsync(system);
        jobs.KillReceiver();
        system.Server.Server.Kill();
        var dead = MonotonicInstant.Now();
        await jobs.StopAsync();

        var directory = Path.Combine(system.Folder, $"recovered{++directories}");
        if (chance % 2 == 0)
        {
            var first = system.Start("restore", "database", directory);
            await Victim.KillAsync(first, Victim.Clock(), chance % 2000);
            await LeftOvers.WaitUntilNoneAsync(directory);
        }

        // It may have been quicker than the kill.
        if (!File.Exists(Path.Combine(directory, "PG_VERSION")) || File.Exists(Path.Combine(directory, RestoreTarget.MarkerName)))
        {
            var restored = await jobs.RunAsync("restore", "database", directory, "--start-over");
            Assert.True(restored.ExitCode == 0, $"seed {seed}: {restored.Errors}");
        }

        await system.Server.GoOnWithAsync(directory);
        await using (var connection = await TestPostgres.OpenAsync(system.Server.Superuser with { Database = BotSchema.DefaultDatabase }))
        {
            var log = AckLog.Read(acks);
            var comparison = await HeartbeatComparer.CompareAsync(log, connection, dead, since, CommandLine.Cancellation);
            var promised = log.Records.Last(r => r.Ticks <= safe.Ticks);
            Assert.Empty(comparison.Holes);
            Assert.True(
                comparison.LastRecovered?.Ticks >= promised.Ticks,
                $"seed {seed}: heartbeat {promised.Seq} was acknowledged and stored, {comparison.LastRecovered?.Seq} is the last that was recovered");
            Loss = comparison.SinceLastRecovered > Loss ? comparison.SinceLastRecovered.Value : Loss;
            say($"  recovered: {comparison.Lost} heartbeats lost, {comparison.SinceLastRecovered?.TotalMilliseconds:0} ms before the disaster");
        }

        since = MonotonicInstant.Now();
        if (!goOn)
            return;
        await BeginAsync(system, jobs);
    }

    /// <summary>As the runbook says: the receiver at once, then a full; then everything by its schedule.</summary>
    private async Task BeginAsync(CommandLine system, SoakJobs jobs)
    {
        jobs.StartReceiver();
        while (await system.Server.ScalarAsync("select count(*) from pg_replication_slots where active") != "1")
            await Task.Delay(20, CommandLine.Cancellation);
        var full = await jobs.RunAsync("backup", "database");
        Assert.True(full.ExitCode == 0, $"seed {seed}: {full.Errors}");
        jobs.Start(
            (["backup", "database"], 5), (["backup", "restore-point"], 4), (["prune"], 5), (["verify", "database", "--random", "--scratch", system.Folder], 10),
            (["backup", "configuration"], 8), (["backup", "repository"], 9), (["backup", "logs"], 10), (["status"], 8));
        await CalmAsync(system);
    }

    /// <summary>Every set that is there is whole, restored, and found right by PostgreSQL; WAL has no hole and no second content.</summary>
    private async Task ProveAsync(CommandLine system, SoakJobs jobs)
    {
        await using (var connection = await TestPostgres.OpenAsync(Bot(system)))
        {
            foreach (var check in await BotChecks.RunAsync(connection, BotSchema.DefaultRole, CommandLine.Cancellation))
                Assert.True(check.Passed, $"seed {seed}: {check.Name}: {check.Detail}");
        }

        var listing = await system.Catalog.ListAsync(SetKind.Full, CommandLine.Cancellation);
        Assert.Empty(listing.Refused);
        Assert.NotEmpty(listing.Sets);
        foreach (var set in listing.Sets)
        {
            var target = new RecoveryTarget { Immediate = true, Timeline = set.Timeline };
            var plan = await new RestorePlanner(system.Catalog, TimeProvider.System).PlanAsync(target, set.Id, CommandLine.Cancellation);
            var restore = new DatabaseRestore(
                system.Catalog, TestEnvironment.Installation, TestEnvironment.Account,
                new RestoreOptions { DataDirectory = Path.Combine(system.Folder, $"proof-{set.Id}"), Scratch = true }, SilentProgress.Instance);
            await using var server = await restore.RunAsync(plan, CommandLine.Cancellation);
            await server.CheckAsync();
            Sets++;
        }

        foreach (var kind in (string[])["configuration", "repository", "logs"])
            Assert.Equal(0, (await jobs.RunAsync("verify", kind, "--scratch", system.Folder)).ExitCode);
        var layout = await WalBytes.LayoutAsync(system.Server, CommandLine.System);
        var chain = await WalChain.LoadAsync(system.Store.Store, layout, CommandLine.Cancellation);
        Assert.Empty(chain.Gaps());
        Assert.Empty(chain.Contested);
        Assert.Empty(chain.Strangers);
        Assert.All(chain.Timelines, t => Assert.Empty(t.Conflicts));
    }

    private static ConnectionSettings Bot(CommandLine system) => new()
    {
        Host = "127.0.0.1",
        Port = system.Server.Port,
        User = BotSchema.DefaultRole,
        Password = BotPassword,
        Database = BotSchema.DefaultDatabase,
        SslMode = "disable",
    };
}
