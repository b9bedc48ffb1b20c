using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Tests.Alerts;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Sealing;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Scheduling;

/// <summary>The program itself, with its children, a real server and a real listener.</summary>
public sealed class ScheduleCommandTests : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private readonly Listener discord = new();
    private readonly List<Process> processes = [];
    private readonly ConcurrentQueue<string> errors = new();
    private GeneratedKeys keys = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Executable =>
        Environment.GetEnvironmentVariable("TWIBACKUP_NATIVE") is { Length: > 0 } native ? native : Path.Combine(AppContext.BaseDirectory, "twibackup");

    private string Log => string.Join('\n', errors);

    public async ValueTask InitializeAsync()
    {
        keys = await KeyFiles.GenerateAsync(folder.File("keys"), TimeProvider.System, Cancellation);
        Directory.CreateDirectory(folder.File("store"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }

        await discord.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task It_takes_what_is_missing_receives_WAL_and_ends_within_10_seconds_with_the_tail_stored()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await postgres.ExecuteAsync("postgres", "create table t (i int)", "grant execute on function pg_create_restore_point(text) to replicator");
        var policy = WritePolicy($"host=127.0.0.1 port={postgres.Port} user=replicator dbname=postgres sslmode=disable");
        var metrics = folder.File("twi.prom");
        var schedule = Start("schedule", "--policy", policy, "--jitter", "0s", "--metrics", metrics);
        await using var store = ObjectStoreFactory.Open($"file://{folder.File("store")}", new Dictionary<string, string>());
        var catalog = new SetCatalog(store, "twi", new KeyRing([], [], null, [keys.SigningPublic]));

        await UntilAsync(() => Log.Contains("backup restore-point succeeded", StringComparison.Ordinal), schedule);
        await UntilAsync(() => Log.Contains("prune succeeded", StringComparison.Ordinal), schedule);
        Assert.Single((await catalog.ListAsync(SetKind.Full, Cancellation)).Sets);

        await postgres.ExecuteAsync("postgres", "insert into t select generate_series(1, 1000)");
        var written = Lsn.Parse(await postgres.ScalarAsync("select pg_current_wal_flush_lsn()"));
        // The receiver has it, and would store it after 10 s only.
        await UntilAsync(async () => await postgres.ScalarAsync($"select bool_or(write_lsn >= '{written}' or sent_lsn >= '{written}') from pg_stat_replication") == "True", schedule);
        var children = ChildrenOf(schedule.Id);
        Assert.NotEmpty(children);
        var health = await RunAsync("schedule", "--health");
        Assert.True(health.ExitCode == 0, health.Output);
        Assert.StartsWith("OK twi: ", health.Output, StringComparison.Ordinal);
        var watch = Stopwatch.StartNew();
        Signal(schedule, "TERM");
        await schedule.WaitForExitAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}: {Log}");
        Assert.True(schedule.ExitCode == 0, Log);
        Assert.All(children, c => Assert.False(IsAlive(c)));
        health = await RunAsync("schedule", "--health");
        Assert.Equal(1, health.ExitCode);
        Assert.StartsWith("ILL no scheduler has begun its work", health.Output, StringComparison.Ordinal);

        WalLayout? layout = null;
        await foreach (var cluster in store.ListFoldersAsync(WalLayout.ClustersOf("twi"), Cancellation))
            Assert.True(WalLayout.TryParseCluster("twi", cluster.TrimEnd('/').Split('/')[^1], out layout));
        var chain = await WalChain.LoadAsync(store, layout!, Cancellation);
        Assert.True(chain.Timelines.Single().Ranges[^1].End >= written, $"{chain.Timelines.Single().Ranges[^1].End} of {written}");
        Assert.Contains("twibackup_schedule_timestamp_seconds", await File.ReadAllTextAsync(metrics, Cancellation), StringComparison.Ordinal);

        // A second start finds in the store what was done, and does not do it again.
        errors.Clear();
        var again = Start("schedule", "--policy", policy, "--jitter", "0s");
        await UntilAsync(() => Log.Contains("backup database: last 20", StringComparison.Ordinal), again);
        Signal(again, "TERM");
        await again.WaitForExitAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.Single((await catalog.ListAsync(SetKind.Full, Cancellation)).Sets);

        var check = await RunAsync("status", "--check", "--policy", policy);
        Assert.True(check.ExitCode == 0, check.Output + check.ErrorOutput);
        Assert.StartsWith("OK twi: recoverable to ", check.Output, StringComparison.Ordinal);
        var table = await RunAsync("status", "--policy", policy);
        Assert.Contains("Recoverable now", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_slot_is_made_anew_told_and_gets_a_full_at_once()
    {
        await using var postgres = await TestPostgres.StartAsync(
            new InitOptions { WalSegmentSizeMb = 1 }, ("max_slot_wal_keep_size", "2MB"), ("max_wal_size", "4MB"), ("min_wal_size", "2MB"));
        await postgres.ExecuteAsync("postgres", "create table t (x text)", "grant execute on function pg_create_restore_point(text) to replicator");
        var policy = WritePolicy($"host=127.0.0.1 port={postgres.Port} user=replicator dbname=postgres sslmode=disable");
        await using var store = ObjectStoreFactory.Open($"file://{folder.File("store")}", new Dictionary<string, string>());
        var catalog = new SetCatalog(store, "twi", new KeyRing([], [], null, [keys.SigningPublic]));
        var first = Start("schedule", "--policy", policy, "--jitter", "0s");
        await UntilAsync(() => Log.Contains("backup restore-point succeeded", StringComparison.Ordinal), first);
        Signal(first, "TERM");
        await first.WaitForExitAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        var fulls = (await catalog.ListAsync(SetKind.Full, Cancellation)).Sets.Count;
        while (discord.Left > 0)
            await discord.NextAsync();

        for (var i = 0; i < 10; i++)
            await postgres.ExecuteAsync("postgres", "insert into t select repeat('x', 1000) from generate_series(1, 1000)", "checkpoint");
        Assert.Equal("lost", await postgres.ScalarAsync("select wal_status from pg_replication_slots where slot_name = 'twibackup'"));
        errors.Clear();
        var second = Start("schedule", "--policy", policy, "--jitter", "0s");
        await UntilAsync(() => Log.Contains("backup database succeeded", StringComparison.Ordinal), second);
        Assert.Equal(fulls + 1, (await catalog.ListAsync(SetKind.Full, Cancellation)).Sets.Count);
        Assert.Equal("reserved", await postgres.ScalarAsync("select wal_status from pg_replication_slots where slot_name = 'twibackup'"));
        var titles = new List<string>();
        while (!titles.Contains("✅ twi: wal receive (chain) works again"))
            titles.Add((await discord.NextEmbedAsync()).GetProperty("title").GetString()!);
        Assert.Contains("❌ twi: wal receive (chain) failed", titles);
    }

    [Fact]
    public async Task A_second_scheduler_of_the_system_refuses_to_start()
    {
        var policy = WritePolicy($"host=127.0.0.1 port={ClosedPort()} user=replicator dbname=postgres sslmode=disable");
        var first = Start("schedule", "--policy", policy);
        await UntilAsync(() => Log.Contains("Schedule of twi", StringComparison.Ordinal), first);
        var second = await RunAsync("schedule", "--policy", policy);
        Assert.Equal(1, second.ExitCode);
        Assert.Contains("runs on this machine", second.ErrorOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Children_end_with_a_scheduler_that_is_killed()
    {
        var policy = WritePolicy($"host=127.0.0.1 port={ClosedPort()} user=replicator dbname=postgres sslmode=disable");
        var schedule = Start("schedule", "--policy", policy);
        await UntilAsync(() => ChildrenOf(schedule.Id).Count > 0 && Log.Contains("wal receive: ", StringComparison.Ordinal), schedule);
        var children = ChildrenOf(schedule.Id);
        schedule.Kill();
        await schedule.WaitForExitAsync(Cancellation);
        var watch = Stopwatch.StartNew();
        while (children.Any(IsAlive))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), Log);
            await Task.Delay(20, Cancellation);
        }
    }

    /// <summary>With the database down the guide's script told nobody (fault 15): the alert came from the verification a week later.</summary>
    [Fact]
    public async Task A_database_that_is_down_is_told_by_the_backup_itself()
    {
        var policy = WritePolicy($"host=127.0.0.1 port={ClosedPort()} user=replicator dbname=postgres sslmode=disable");
        var backup = await RunAsync("backup", "database", "--policy", policy, "--alert");
        Assert.Equal(1, backup.ExitCode);
        var embed = await discord.NextEmbedAsync();
        Assert.Equal("❌ twi: backup database failed", embed.GetProperty("title").GetString());
        Assert.DoesNotContain(Listener.Secret, backup.ErrorOutput, StringComparison.Ordinal);

        // The same again, by the schedule's way: known already, so told no more.
        var once = await RunAsync("schedule", "--once", "full", "--policy", policy, "--alert");
        Assert.Equal(1, once.ExitCode);
        Assert.Contains("backup database: ", once.ErrorOutput, StringComparison.Ordinal);
        Assert.Equal(0, discord.Left);

        var silent = await RunAsync("backup", "database", "--policy", policy, "--alert", "false");
        Assert.Equal(1, silent.ExitCode);
        Assert.Equal(0, discord.Left);
    }

    [Fact]
    public async Task A_listener_that_is_down_changes_no_jobs_end()
    {
        await discord.DisposeAsync();
        var policy = WritePolicy("host=127.0.0.1 user=replicator");
        var prune = await RunAsync("prune", "--policy", policy, "--alert");
        Assert.True(prune.ExitCode == 0, prune.ErrorOutput);
        var backup = await RunAsync("backup", "database", "--policy", policy, "--alert");
        Assert.Equal(1, backup.ExitCode);
        Assert.Contains("ALERT NOT SENT", backup.ErrorOutput, StringComparison.Ordinal);
        Assert.DoesNotContain(Listener.Secret, backup.ErrorOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_status_that_can_not_be_read_is_one_line_and_exit_code_1()
    {
        var policy = WritePolicy("host=127.0.0.1 user=replicator");
        Directory.Delete(folder.File("store"));
        var check = await RunAsync("status", "--check", "--policy", policy);
        Assert.Equal(1, check.ExitCode);
        Assert.StartsWith("UNKNOWN ", Assert.Single(check.Output.Trim().Split('\n')), StringComparison.Ordinal);
        check = await RunAsync("status", "--check", "--policy", folder.File("nowhere.json"));
        Assert.Equal(1, check.ExitCode);
    }

    [Fact]
    public async Task A_kind_that_the_policy_has_not_is_wrong_use()
    {
        var once = await RunAsync("schedule", "--once", "dump", "--policy", WritePolicy("host=127.0.0.1 user=replicator"));
        Assert.Equal(2, once.ExitCode);
        Assert.Contains("it has full, incremental, prune", once.ErrorOutput, StringComparison.Ordinal);
    }

    private static int ClosedPort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string WritePolicy(string connection) => folder.Write("twibackup.json", TestPolicy.Text(
        """{ "discord": "env:HOOK" }""",
        """{ "full": { "schedule": "0 2 1 1 *", "keep": "30d" }, "incremental": { "schedule": "0 2 1 1 *", "keep": "7d", "flushInterval": "10s" } }""",
        $$"""{ "primary": "file://{{folder.File("store")}}" }""",
        $$"""{ "recipients": ["{{keys.Recipient}}"], "signingKey": "file:{{keys.SigningFile}}", "trusted": ["{{keys.SigningPublic}}"] }""",
        connection));

    private Dictionary<string, string> Variables() => new()
    {
        ["PATH"] = Environment.GetEnvironmentVariable("PATH")!,
        ["HOME"] = folder.Path,
        ["DB_PASSWORD"] = TestPostgres.ReplicatorPassword,
        ["HOOK"] = discord.Webhook,
        ["TWIBACKUP_STATE"] = folder.File("state"),
    };

    private async Task<ChildResult> RunAsync(params string[] arguments) => await ChildProcess.RunAsync(
        new ChildProcessOptions { Program = Executable, Arguments = arguments, Environment = Variables().ToDictionary(v => v.Key, v => (string?)v.Value) }, Cancellation);

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Executable) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (var (name, value) in Variables())
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        processes.Add(process);
        process.ErrorDataReceived += (_, line) => errors.Enqueue(line.Data ?? "");
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return process;
    }

    private Task UntilAsync(Func<bool> condition, Process process) => UntilAsync(() => Task.FromResult(condition()), process);

    private async Task UntilAsync(Func<Task<bool>> condition, Process process)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.False(process.HasExited, Log);
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(120), Log);
            await Task.Delay(50, Cancellation);
        }
    }

    private static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static List<int> ChildrenOf(int parent)
    {
        var children = new List<int>();
        foreach (var task in Directory.GetDirectories($"/proc/{parent}/task"))
        {
            if (File.Exists(Path.Combine(task, "children")))
                children.AddRange(File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(c => int.Parse(c, CultureInfo.InvariantCulture)));
        }

        return children;
    }

    private static bool IsAlive(int process)
    {
        try
        {
            return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
