using TwiBackup.Postgres;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>
/// While a database is written, the receiver, the server, both in one instant, and the store are killed again and again, at points that a
/// seed chooses by bytes. What the slot was told to be safe must be in the store at once; in the end every byte is the server's.
/// </summary>
public sealed class Invariant04_Acknowledged_WAL_survives_every_kill
{
    private const int SegmentSize = 1 << 20;

    private enum Target
    {
        Receiver,
        Server,
        Both,
        Store,
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Receiver_server_and_store_are_killed_in_turn(bool onS3)
    {
        var random = new Random(Tally.Seed());
        await using var proxy = onS3 ? await S3Faults.NewProxyAsync() : null;
        await using var system = await CommandLine.StartAsync(
            CommandLine.Fastest, new InitOptions { WalSegmentSizeMb = 1 }, onS3 ? await TestStores.NewS3StoreAsync() : TestStores.NewFileStore(),
            ("wal_keep_size", "4GB"), ("max_wal_size", "4GB"));
        await system.WritePolicyAsync(p => p["backups"]!["incremental"]!["flushInterval"] = "200ms");
        if (proxy is not null)
            await system.UseStoreAsync(S3Faults.UrlThrough(proxy, system.Store));
        await system.Server.ExecuteAsync("app", "create table load(id int, t text)");
        var layout = await WalBytes.LayoutAsync(system.Server, CommandLine.System);
        await using var writer = new CommittingWriter(system.Server);
        await using var receiver = new ReceiverProcess(system);
        await receiver.StartAsync();
        var from = Lsn.Parse(await system.Server.ScalarAsync("select restart_lsn from pg_replication_slots"));
        var counts = new int[4];
        var rounds = Tally.Rounds(10, 100);
        for (var round = 0; round < rounds; round++)
        {
            // The first four are all of them, so that none is left to chance.
            var target = (Target)(round < 4 ? round : random.Next(4));
            await receiver.WaitForBytesAsync(random.Next(50_000, 2_000_000), random.Next(100, 1500));
            var acknowledged = await WalBytes.AcknowledgedAsync(system.Server);
            await KillAsync(target, system, receiver, proxy);
            counts[(int)target]++;
            var proof = await WalBytes.ProveAsync(system.Catalog, layout, from, acknowledged);
            Assert.True(proof.Whole, $"round {round}, {target} killed, {acknowledged} was acknowledged: {proof.Message}");
            if (target is Target.Server or Target.Both)
                await system.Server.StartAgainAsync();
            if (target is Target.Receiver or Target.Both)
                await receiver.StartAsync();
        }

        await writer.StopAsync();
        var to = Lsn.Parse(await system.Server.ScalarAsync("select pg_current_wal_flush_lsn()"));
        await receiver.CatchUpAsync(to);
        var ended = await receiver.StopAsync();
        Assert.True(ended.ExitCode == 0, ended.Errors);
        var segments = await WalBytes.CompareAsync(system.Catalog, layout, system.Server, from, to, SegmentSize);
        var chain = await WalChain.LoadAsync(system.Store.Store, layout, CommandLine.Cancellation);
        Assert.Empty(chain.Gaps());
        Assert.Empty(chain.Of(1)!.Conflicts);
        Assert.Empty(chain.Strangers);
        Assert.True(segments > rounds / 4, $"{segments} segments say little");
        var where = onS3 ? "S3" : "folder";
        Tally.Add($"WAL receiver, {where}: SIGKILL while writing", (counts[(int)Target.Receiver] + counts[(int)Target.Both], "kills"), (segments, "segments compared"));
        Tally.Add($"PostgreSQL under the receiver, {where}: SIGKILL", (counts[(int)Target.Server] + counts[(int)Target.Both], "kills"));
        Tally.Add($"store under the receiver, {where}: gone and back", (counts[(int)Target.Store], "outages"));
    }

    private static async Task KillAsync(Target target, CommandLine system, ReceiverProcess receiver, FaultProxy? proxy)
    {
        switch (target)
        {
            case Target.Receiver:
                await receiver.KillAsync();
                break;
            case Target.Server:
                system.Server.Server.Kill();
                break;
            case Target.Both:
                // The disaster: nothing is drained.
                receiver.Signal();
                system.Server.Server.Kill();
                await receiver.KillAsync();
                break;
            default:
                await LoseStoreAsync(system, proxy);
                break;
        }
    }

    /// <summary>Connections are reset and none is taken, or the folder vanishes; then it is back.</summary>
    private static async Task LoseStoreAsync(CommandLine system, FaultProxy? proxy)
    {
        var away = TimeSpan.FromMilliseconds(500);
        if (proxy is not null)
        {
            proxy.Down = true;
            await Task.Delay(away, CommandLine.Cancellation);
            proxy.Down = false;
            return;
        }

        Directory.Move(system.Store.Root, system.Store.Root + ".away");
        await Task.Delay(away, CommandLine.Cancellation);
        Directory.Move(system.Store.Root + ".away", system.Store.Root);
    }
}
