using System.Collections.Concurrent;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Tests.Attacks.Kill;
using TwiBackup.Tests.Database;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Stores;

/// <summary>A store in a folder whose disk is full, turns read-only, fails when it syncs, or lets us in no more, while jobs run on it.</summary>
public sealed class Invariant01_A_disk_that_fails_holds_no_half_set
{
    private const string Load = "insert into load select g, repeat(md5(random()::text), 20) from generate_series(1, 3000) g";

    [Fact]
    public async Task On_a_full_disk_backups_fail_whole_and_the_receiver_waits_until_there_is_room()
    {
        await using var source = await BackedUpServer.StartAsync(("wal_keep_size", "1GB"));
        await using var disk = await Mounts.NewAsync(source.Store.Root, "size=24m");
        var (events, from) = await StartAsync(source);
        var refused = await UntilRefusedAsync(source);
        Assert.Contains("has no space left", refused, StringComparison.Ordinal);
        await StoredFulls.CheckAsync(source.Catalog);
        while (events.All(e => e.Kind != WalEventKind.StoreOutage))
            await source.ExecuteAsync(Load);
        Assert.Contains(events, e => e.Message.Contains("has no space left", StringComparison.Ordinal));
        await StoredFulls.CheckAsync(source.Catalog);

        await disk.RemountAsync("size=400m");
        await EndAsync(source, from);
        Tally.Add("folder: a disk that is full", (1, "faults"));
    }

    [Fact]
    public async Task On_a_disk_that_turns_read_only_backups_fail_whole_and_the_receiver_waits_until_it_is_mended()
    {
        await using var source = await BackedUpServer.StartAsync(("wal_keep_size", "1GB"));
        await using var disk = await Mounts.NewAsync(source.Store.Root, "size=400m");
        var (events, from) = await StartAsync(source);
        await disk.RemountAsync("ro");
        Assert.Contains("is mounted read-only", await UntilRefusedAsync(source), StringComparison.Ordinal);
        while (events.All(e => e.Kind != WalEventKind.StoreOutage))
            await source.ExecuteAsync(Load);
        // What is there can be restored from meanwhile.
        await StoredFulls.CheckAsync(source.Catalog);
        await disk.RemountAsync("rw");
        await EndAsync(source, from);
        Tally.Add("folder: a disk that turns read-only", (1, "faults"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/wal/")]
    [InlineData("/backup_manifest")]
    [InlineData("/manifest.json.minisig")]
    [InlineData("/manifest.json")]
    public async Task A_disk_that_fails_when_it_syncs_fails_the_backup_whole(string from)
    {
        await using var source = await BackedUpServer.StartAsync();
        var keys = Path.Combine(source.Folder, "keys");
        var generated = await KeyFiles.GenerateAsync(keys, TimeProvider.System, BackedUpServer.Cancellation);
        using var child = TestChild.Start(
            BackUpWithoutSync, source.Store.Root, $"{source.Server.Port}", generated.Recipient.ToString(), generated.SigningFile, from);
        var said = await child.Output.ReadToEndAsync(BackedUpServer.Cancellation);
        Assert.SkipWhen(said.StartsWith("No seccomp filter", StringComparison.Ordinal), said);
        Assert.Contains("has no space left", said, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', said.TrimEnd());
        await StoredFulls.CheckAsync(source.Catalog);
        Assert.Empty((await source.Catalog.ListAsync(SetKind.Full, BackedUpServer.Cancellation)).Sets);
        Assert.Empty(await source.Catalog.ListIdsAsync(SetKind.Full, BackedUpServer.Cancellation));
        await source.BackUpAsync();
        Assert.Single((await source.Catalog.ListAsync(SetKind.Full, BackedUpServer.Cancellation)).Sets);
        Tally.Add("folder: no space at fsync", (1, "faults"));
    }

    [Fact]
    public async Task A_folder_that_lets_the_jobs_in_no_more_is_said_and_waited_for()
    {
        await using var system = await CommandLine.StartAsync(
            CommandLine.Fastest, new InitOptions { WalSegmentSizeMb = 1 }, TestStores.NewFileStore(), ("wal_keep_size", "1GB"));
        await system.WritePolicyAsync(p => p["backups"]!["incremental"]!["flushInterval"] = "200ms");
        var account = TestEnvironment.Account;
        if (!account.IsSelf)
        {
            // Root is let in everywhere: the jobs run as another.
            account.ChownTree(system.Folder);
            account.ChownTree(system.Store.Root);
            system.RunAs = account.Name;
        }

        await system.Server.ExecuteAsync("app", "create table load(id int, t text)");
        var receiver = system.Start("wal", "receive");
        var process = receiver.Id;
        var ended = CommandLine.EndAsync(receiver);
        while (await system.Server.ScalarAsync("select count(*) from pg_replication_slots where active") != "1")
        {
            Assert.SkipWhen(ended.IsCompleted && !account.IsSelf, $"{account.Name} can't run {system.Executable} on this machine.");
            await Task.Delay(20, CommandLine.Cancellation);
        }

        var from = Lsn.Parse(await system.Server.ScalarAsync("select restart_lsn from pg_replication_slots"));
        var mode = File.GetUnixFileMode(system.Store.Root);
        using (var chown = System.Diagnostics.Process.Start("chown", ["0:0", system.Store.Root]))
            await chown.WaitForExitAsync(CommandLine.Cancellation);
        File.SetUnixFileMode(system.Store.Root, account.IsSelf ? UnixFileMode.None : UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var backup = await system.RunAsync("backup", "database");
        Assert.Equal((int)ExitCode.Failed, backup.ExitCode);
        Assert.Matches("does not permit|holds no store|does not exist", backup.Reason);
        await system.Server.ExecuteAsync("app", Load, Load);
        var during = await system.Server.ScalarAsync("select max(flush_lsn) from pg_stat_replication");

        File.SetUnixFileMode(system.Store.Root, mode);
        account.Chown(system.Store.Root);
        var to = Lsn.Parse(await system.Server.ScalarAsync("select pg_current_wal_flush_lsn()"));
        Assert.True(during.Length == 0 || Lsn.Parse(during) < to, "what was not stored was acknowledged");
        while (Lsn.Parse(await system.Server.ScalarAsync("select coalesce((select max(flush_lsn) from pg_stat_replication), '0/0')")) < to)
        {
            Assert.False(ended.IsCompleted, ended.IsCompleted ? (await ended).Errors : "");
            await Task.Delay(20, CommandLine.Cancellation);
        }

        Assert.Equal(0, (await system.RunAsync("backup", "database")).ExitCode);
        ServerProcesses.Signal(process, ServerProcesses.Terminate);
        Assert.Matches("does not permit|holds no store|does not exist", (await ended).Errors);
        var layout = await WalBytes.LayoutAsync(system.Server, CommandLine.System);
        await WalBytes.CompareAsync(system.Catalog, layout, system.Server, from, to, 1 << 20);
        Tally.Add("folder: permission lost", (1, "faults"));
    }

    private static async Task<(ConcurrentQueue<WalEvent> Events, Lsn From)> StartAsync(BackedUpServer source)
    {
        await source.ExecuteAsync("create table load(id int, t text)");
        var events = new ConcurrentQueue<WalEvent>();
        await source.StartReceiverAsync(events.Enqueue);
        var from = source.Receiver!.Status.Durable;
        await source.BackUpAsync();
        return (events, from);
    }

    /// <summary>Backs up until it is refused, in one line and whole.</summary>
    private static async Task<string> UntilRefusedAsync(BackedUpServer source)
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var before = await source.Catalog.ListIdsAsync(SetKind.Full, BackedUpServer.Cancellation);
            try
            {
                await source.BackUpAsync();
            }
            catch (TwiBackupException refused)
            {
                Assert.DoesNotContain('\n', refused.Message);
                Assert.Equal(before, await source.Catalog.ListIdsAsync(SetKind.Full, BackedUpServer.Cancellation));
                return refused.Message;
            }
        }

        throw new InvalidOperationException("Every backup found room.");
    }

    /// <summary>It has caught up, byte for byte, and backs up and restores again.</summary>
    private static async Task EndAsync(BackedUpServer source, Lsn from)
    {
        await source.BackUpAsync();
        await source.CatchUpAsync();
        var to = Lsn.Parse(await source.AskAsync("select pg_current_wal_flush_lsn()"));
        await source.CatchUpAsync();
        await source.StopReceiverAsync();
        await StoredFulls.CheckAsync(source.Catalog);
        var layout = await WalBytes.LayoutAsync(source.Server, BackedUpServer.System);
        await WalBytes.CompareAsync(source.Catalog, layout, source.Server, from, to, 1 << 20);
        await using var restored = await source.RestoreAsync(RecoveryTarget.Latest);
        Assert.Equal(await source.AskAsync("select count(*) from load"), await restored.AskAsync("select count(*) from load"));
    }

    /// <summary>In a process of its own, whose syncs fail from when an object of that name is begun.</summary>
    private static async Task BackUpWithoutSync(string[] arguments)
    {
        var (root, port, recipient, signingFile, from) = (arguments[0], arguments[1], arguments[2], arguments[3], arguments.ElementAtOrDefault(4) ?? "");
        var fails = false;
        await using var folder = new FileObjectStore(root);
        var store = new HookStore(folder)
        {
            BeforeWrite = key =>
            {
                if (!fails && (from.Length == 0 || key.Contains(from, StringComparison.Ordinal)))
                {
                    FailingSync.Install();
                    fails = true;
                }

                return Task.CompletedTask;
            },
        };
        try
        {
            var signer = await KeyFiles.ReadSigningKeyAsync(signingFile, CancellationToken.None);
            var catalog = new SetCatalog(store, BackedUpServer.System, new KeyRing([AgeRecipient.Parse(recipient)], [], signer, [signer.Public]));
            var connection = new ConnectionSettings
            {
                Host = "127.0.0.1",
                Port = int.Parse(port, System.Globalization.CultureInfo.InvariantCulture),
                User = "replicator",
                Password = TestPostgres.ReplicatorPassword,
                SslMode = "disable",
            };
            await new FullBackup(catalog, connection, BackedUpServer.Options(), TimeProvider.System, SilentProgress.Instance).RunAsync(CancellationToken.None);
            Console.WriteLine("nothing failed");
        }
        catch (Exception e) when (e is TwiBackupException or InvalidOperationException)
        {
            Console.WriteLine(e.Message);
        }
    }
}
