using System.Globalization;
using TwiBackup.Comparison.Measure;
using TwiBackup.Comparison.Peers;
using TwiBackup.Comparison.Report;
using TwiBackup.Postgres;

namespace TwiBackup.Comparison.Rows;

/// <summary>
/// Recovery of a small database over much WAL (2 GB beside a large database of 3 GB): ours, which lays segments down ahead of the
/// server; pgBackRest's asynchronous archive-get; and <c>cp</c> from a folder of plain segments. The base backup's own time is left out:
/// what counts is from the server's start in recovery to the new timeline's history, both told by files' times.
/// </summary>
internal sealed class ReplayRow : IRow
{
    private const string Slot = "twibackup";

    public string Name => "replay";

    public async Task<IReadOnlyList<Line>> MeasureAsync(Bench bench, CancellationToken cancellationToken)
    {
        await using var server = await BenchServer.StartAsync(bench, "replay", cancellationToken);
        await Filling.FillAsync(server, bench.Options.SmallSize, cancellationToken);
        var ours = await OurProgram.CreateAsync(bench, server, "replay", cancellationToken);
        var peer = await PgBackRest.CreateAsync(bench, server, "replay", cancellationToken, "archive-async=y");
        var plain = bench.NewFolder("plain-wal");
        var copied = Path.Combine(bench.NewFolder("copied"), "base");
        var bytes = await WriteAsync(bench, server, ours, peer, plain, copied, cancellationToken);

        List<double> replays = [], gets = [], copies = [], whole = [];
        for (var i = 0; i < bench.Options.Pairs; i++)
        {
            Disk.Sync();
            // Ours stops the server that recovered; starting it again writes postmaster.opts anew.
            whole.Add((await ours.RestoreAsync(cancellationToken, () => replays.Add(ReplaySeconds(bench)))).Wall);
            if (peer is not null)
            {
                Disk.Sync();
                await peer.RestoreAsync(cancellationToken);
                gets.Add(ReplaySeconds(bench));
            }

            Disk.Sync();
            await CopyAsync(bench, copied, plain, cancellationToken);
            copies.Add(ReplaySeconds(bench));
        }

        var what = string.Create(CultureInfo.InvariantCulture, $"replay of {bytes / 1e9:0.0} GB of WAL");
        return
        [
            Compare(what, replays, gets, "pgBackRest archive-get, asynchronous", 1.15),
            Compare(what, replays, copies, "cp from a folder", 1),
            new Line($"{what}, with the restore of {bench.Options.SmallSize / 1e9:0.0} GB before it", Figures.Seconds(Pairs.Median(whole))),
        ];
    }

    private static Line Compare(string what, List<double> ours, List<double> theirs, string peer, double atLeast)
    {
        if (theirs.Count == 0)
            return new Line(what, Figures.Seconds(Pairs.Median(ours)));
        var ratio = Pairs.Median(ours.Zip(theirs, (mine, its) => its / mine));
        return new Line(
            what, Figures.Seconds(Pairs.Median(ours)), Figures.Beside(peer, Figures.Seconds(Pairs.Median(theirs))),
            $"{Figures.Number(ratio)} times as fast", $"at least {Figures.Number(atLeast)}", ratio >= atLeast);
    }

    /// <summary>Takes the base backups, then writes WAL that all three archives get; how much.</summary>
    private static async Task<long> WriteAsync(
        Bench bench, BenchServer server, OurProgram ours, PgBackRest? peer, string plain, string copied, CancellationToken cancellationToken)
    {
        var copy = $"cp %p {plain}/%f";
        await server.ArchiveWithAsync(peer is null ? copy : $"{copy} && {peer.ArchiveCommand}", cancellationToken);
        await using var receiver = ours.Start("wal", "receive");
        await server.UntilAsync($"select exists (select from pg_replication_slots where slot_name = '{Slot}' and active)", cancellationToken);
        await ours.BackUpAsync(cancellationToken);
        await server.ToolAsync("pg_basebackup", cancellationToken, "-D", copied, "-X", "none", "-c", "fast", "--no-sync");
        if (peer is not null)
            await peer.BackUpArchivedAsync(cancellationToken);

        var target = bench.Options.Size * 2 / 3;
        Bench.Say($"writing {target / 1_000_000} MB of WAL");
        var begin = await server.WalPositionAsync(cancellationToken);
        await WalLoad.RunAsync(server, target, cancellationToken);
        var written = await server.WalPositionAsync(cancellationToken) - begin;
        var last = await server.AskAsync<string>("select pg_walfile_name(pg_switch_wal())", cancellationToken);
        Bench.Say("waiting until all of it is archived");
        await server.UntilAsync($"select last_archived_wal >= '{last}' from pg_stat_archiver", cancellationToken);
        await server.UntilAsync(
            $"select restart_lsn >= pg_current_wal_flush_lsn() - 16 * 1024 * 1024 from pg_replication_slots where slot_name = '{Slot}'", cancellationToken);
        await receiver.StopAsync(ServerProcesses.Terminate, cancellationToken);
        return written;
    }

    private static async Task CopyAsync(Bench bench, string copied, string plain, CancellationToken cancellationToken)
    {
        var directory = bench.NewRestored();
        var result = await ChildProcess.RunAsync(
            new ChildProcessOptions { Program = "cp", Arguments = ["-a", $"{copied}/.", directory], Account = bench.Account }, cancellationToken);
        result.ThrowIfFailed("cp", "Is the disk full?");
        var signal = Path.Combine(directory, "recovery.signal");
        await File.WriteAllTextAsync(signal, "", cancellationToken);
        bench.Account.Chown(signal);
        Disk.Sync();
        await BenchServer.OpenRestoredAsync(
            bench, directory, cancellationToken, new Dictionary<string, string> { ["restore_command"] = $"cp {plain}/%f \"%p\"" });
    }

    /// <summary>postmaster.opts is written when a server starts, the new timeline's history when all WAL is replayed.</summary>
    private static double ReplaySeconds(Bench bench)
    {
        var directory = bench.Restored;
        var history = Directory.GetFiles(Path.Combine(directory, "pg_wal"), "*.history").Max(File.GetLastWriteTimeUtc);
        return (history - File.GetLastWriteTimeUtc(Path.Combine(directory, "postmaster.opts"))).TotalSeconds;
    }
}
