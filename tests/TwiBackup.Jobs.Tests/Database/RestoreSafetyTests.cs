using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Tests.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Database;

/// <summary>What stands in the way of a restore, and what a killed one leaves.</summary>
public sealed class RestoreSafetyTests(OneBackup backup) : IClassFixture<OneBackup>
{
    private BackedUpServer Source => backup.Source;

    [Fact]
    public async Task Nothing_is_restored_over_something_that_exists()
    {
        var path = Source.NewDataDirectory();
        Directory.CreateDirectory(path);
        await File.WriteAllTextAsync(Path.Combine(path, "PG_VERSION"), "15\n", BackedUpServer.Cancellation);
        foreach (var startOver in (bool[])[false, true])
        {
            var refused = await RefusedAsync(new RestoreOptions { DataDirectory = path, Scratch = true, StartOver = startOver });
            Assert.Contains("is not empty", refused.Message, StringComparison.Ordinal);
            Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        }

        Assert.Equal(["PG_VERSION"], Directory.EnumerateFileSystemEntries(path).Select(Path.GetFileName));
        var file = Path.Combine(path, "PG_VERSION");
        Assert.Contains("is a file", (await RefusedAsync(new RestoreOptions { DataDirectory = file, Scratch = true })).Message, StringComparison.Ordinal);
        Assert.Equal("15\n", await File.ReadAllTextAsync(file, BackedUpServer.Cancellation));
    }

    [Fact]
    public async Task A_restore_killed_at_any_volume_cannot_be_started_and_can_be_begun_anew()
    {
        var path = Source.NewDataDirectory();
        var objects = backup.Set.Manifest.Objects.Count(o => o.Name.StartsWith("base.", StringComparison.Ordinal));
        Assert.True(objects > 3, $"{objects} volumes are too few to say anything");
        for (var volume = 1; volume <= objects; volume++)
        {
            using var killed = new CancellationTokenSource();
            var reads = 0;
            var store = new HookStore(Source.Store.Store)
            {
                BeforeRead = key =>
                {
                    if (key.Contains("/base.", StringComparison.Ordinal) && Interlocked.Increment(ref reads) == volume)
                        killed.Cancel();
                    return Task.CompletedTask;
                },
            };
            var restore = Source.Restore(
                new RestoreOptions { DataDirectory = path, Scratch = true, StartOver = volume > 1, Workers = 2 },
                new SetCatalog(store, BackedUpServer.System, Source.Keys));
            var plan = await Source.PlanAsync(RecoveryTarget.Latest);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => restore.RunAsync(plan, killed.Token));
            Assert.False(File.Exists(Path.Combine(path, "global/pg_control")), $"pg_control is there after volume {volume}");
            Assert.True(File.Exists(Path.Combine(path, RestoreTarget.MarkerName)));
        }

        // PostgreSQL agrees.
        File.WriteAllText(Path.Combine(path, "postgresql.conf"), "");
        var start = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = TestEnvironment.Installation.Tool("postgres"),
                Arguments = ["-D", path, "-k", Source.Folder, "-c", "listen_addresses="],
                Account = TestEnvironment.Account,
            },
            BackedUpServer.Cancellation);
        Assert.NotEqual(0, start.ExitCode);

        var refused = await RefusedAsync(new RestoreOptions { DataDirectory = path, Scratch = true });
        Assert.Contains("--start-over", refused.Message, StringComparison.Ordinal);
        await using var server = await Source.RestoreAsync(RecoveryTarget.Latest, null, new RestoreOptions { DataDirectory = path, Scratch = true, StartOver = true });
        Assert.Equal("3", await server.AskAsync("select count(*) from rows"));
        await server.CheckAsync();
    }

    [Fact]
    public async Task A_restore_killed_while_it_replays_cannot_be_started_either()
    {
        var path = Source.NewDataDirectory();
        var options = new RestoreOptions
        {
            DataDirectory = path,
            Scratch = true,
            BeforeStart = (_, _, _) => throw new OperationCanceledException("killed"),
        };
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await Source.Restore(options).RunAsync(await Source.PlanAsync(RecoveryTarget.Latest), BackedUpServer.Cancellation));
        Assert.True(File.Exists(Path.Combine(path, "global/pg_control")));
        Assert.True(File.Exists(Path.Combine(path, "backup_label")));
        var start = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = TestEnvironment.Installation.Tool("postgres"),
                Arguments = ["-D", path, "-k", Source.Folder, "-c", "listen_addresses="],
                Account = TestEnvironment.Account,
            },
            BackedUpServer.Cancellation);
        Assert.NotEqual(0, start.ExitCode);
    }

    [Theory]
    [InlineData("another major version", "is of PostgreSQL 14")]
    [InlineData("another architecture", "data files can't be moved between them")]
    [InlineData("a missing extension", "uses the extension vector_of_nobody")]
    [InlineData("a small disk", "free, the restore needs")]
    public async Task What_cannot_work_is_refused_in_one_line_before_anything_is_written(string what, string said)
    {
        var plan = await Source.PlanAsync(RecoveryTarget.Latest);
        var facts = plan.Set.Manifest.Database!;
        var manifest = what switch
        {
            "another major version" => plan.Set.Manifest with { Database = facts with { ServerVersion = 140009 } },
            "another architecture" => plan.Set.Manifest with
            {
                Database = facts with { Platform = facts.Platform.Contains("aarch64", StringComparison.Ordinal) ? "x86_64-pc-linux-gnu" : "aarch64-unknown-linux-gnu" },
            },
            "a missing extension" => plan.Set.Manifest with { Database = facts with { Extensions = new Dictionary<string, string> { ["vector_of_nobody"] = "1.0" } } },
            _ => plan.Set.Manifest with { Objects = [.. plan.Set.Manifest.Objects.Select(o => o with { PlainLength = 1L << 50 })] },
        };
        var path = Source.NewDataDirectory();
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() =>
            Source.Restore(new RestoreOptions { DataDirectory = path, Scratch = true }).RunAsync(plan with { Set = plan.Set with { Manifest = manifest } }, BackedUpServer.Cancellation));
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public async Task A_hole_that_opens_while_it_replays_stops_recovery_and_is_named()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows(id int)");
        await source.StartReceiverAsync();
        await source.BackUpAsync();
        var times = "";
        for (var id = 1; id <= 5; id++)
        {
            await source.ExecuteAsync($"insert into rows values ({id})");
            if (id == 4)
                times = await source.AskAsync("select pg_walfile_name(pg_current_wal_lsn())");
            await source.ExecuteAsync("select pg_switch_wal()");
        }

        await source.CatchUpAsync();
        await source.StopReceiverAsync();

        var plan = await source.PlanAsync(RecoveryTarget.Latest);
        Assert.True(source.LoseSegment(times) > 0);
        var path = source.NewDataDirectory();
        var stopped = await Assert.ThrowsAsync<TwiBackupException>(() =>
            source.Restore(new RestoreOptions { DataDirectory = path, Scratch = true }).RunAsync(plan, BackedUpServer.Cancellation));
        Assert.Contains(times, stopped.Message, StringComparison.Ordinal);
        Assert.Contains("is missing", stopped.Message, StringComparison.Ordinal);
        // Not promoted: the data directory knows of no second timeline, and says that it isn't whole.
        Assert.Empty(Directory.GetFiles(Path.Combine(path, "pg_wal"), "00000002*"));
        Assert.True(File.Exists(Path.Combine(path, RestoreTarget.MarkerName)));

        // A new plan sees it beforehand, and names what can be had; that can be had.
        var refused = await Assert.ThrowsAsync<OutOfReachException>(() => source.PlanAsync(RecoveryTarget.Latest));
        Assert.Contains(times, refused.Message, StringComparison.Ordinal);
        var named = DateTimeOffset.Parse(refused.Message.Split("restored is ")[1].Split(". ")[0], global::System.Globalization.CultureInfo.InvariantCulture);
        await using var server = await source.RestoreAsync(new RecoveryTarget { Time = named });
        var rows = int.Parse(await server.AskAsync("select count(*) from rows"), global::System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(rows, 0, 3);
        var reach = (await source.PlanAsync(new RecoveryTarget { Time = named })).Reach;
        await using var last = await source.RestoreAsync(new RecoveryTarget { Lsn = reach });
        Assert.InRange(int.Parse(await last.AskAsync("select count(*) from rows"), global::System.Globalization.CultureInfo.InvariantCulture), Math.Max(rows, 1), 3);
    }

    private Task<TwiBackupException> RefusedAsync(RestoreOptions options) => Assert.ThrowsAsync<TwiBackupException>(async () =>
        await Source.Restore(options).RunAsync(await Source.PlanAsync(RecoveryTarget.Latest), BackedUpServer.Cancellation));
}
