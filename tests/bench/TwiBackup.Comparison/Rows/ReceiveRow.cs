using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using TwiBackup.Comparison.Measure;
using TwiBackup.Comparison.Peers;
using TwiBackup.Comparison.Report;
using TwiBackup.Postgres;

namespace TwiBackup.Comparison.Rows;

/// <summary>
/// WAL received beside a load: ours, which compresses, seals and makes durable each second, and pg_receivewal, which writes as it comes
/// and syncs a segment when it is full. Two loads: pgbench, whose every commit is a message of its own, and a flood of new rows.
/// </summary>
internal sealed partial class ReceiveRow : IRow
{
    private const int Seconds = 20;
    private const string Ours = "twibackup";
    private const string Theirs = "pg_receivewal";
    private static readonly TimeSpan _longestLag = TimeSpan.FromSeconds(2);

    public string Name => "receive";

    public async Task<IReadOnlyList<Line>> MeasureAsync(Bench bench, CancellationToken cancellationToken)
    {
        var flood = bench.Options.Size / 5;
        List<Reception> mine = [], its = [], myFlood = [], itsFlood = [];
        for (var i = 0; i < bench.Options.Pairs; i++)
        {
            mine.Add(await OursAsync(bench, null, PgBenchAsync, cancellationToken));
            its.Add(await TheirsAsync(bench, PgBenchAsync, cancellationToken));
            myFlood.Add(await OursAsync(bench, null, (server, ct) => FloodAsync(server, flood, ct), cancellationToken));
            itsFlood.Add(await TheirsAsync(bench, (server, ct) => FloodAsync(server, flood, ct), cancellationToken));
        }

        List<Line> lines =
        [
            CpuLine("WAL receive beside pgbench, CPU a GB of WAL", mine, its, atMost: 1),
            RateLine(mine, its),
            LagLine("WAL receive, lag when pgbench ends, to a folder", mine),
            CpuLine("WAL receive of a flood, CPU a GB of WAL", myFlood, itsFlood, atMost: null),
            LagLine("WAL receive, lag when the flood ends, to a folder", myFlood),
            Figures.Peak("WAL receive", mine.Concat(myFlood).Max(r => r.Usage.Peak), MemoryRow.Limit),
        ];
        await using var radosgw = await Radosgw.StartAsync(bench, cancellationToken);
        if (radosgw is not null)
        {
            lines.Add(LagLine("WAL receive, lag when pgbench ends, to radosgw", [await OursAsync(bench, radosgw, PgBenchAsync, cancellationToken)]));
            var flooded = await OursAsync(bench, radosgw, (server, ct) => FloodAsync(server, flood, ct), cancellationToken);
            lines.Add(LagLine("WAL receive, lag when the flood ends, to radosgw", [flooded]));
            lines.Add(Figures.Peak("WAL receive to radosgw", flooded.Usage.Peak, MemoryRow.Limit));
        }

        return lines;
    }

    private static Line CpuLine(string what, List<Reception> mine, List<Reception> its, double? atMost)
    {
        var ratio = Pairs.Median(mine.Zip(its, (m, i) => m.CpuPerGigabyte / i.CpuPerGigabyte));
        return new Line(
            what, Figures.Seconds(Pairs.Median(mine.Select(r => r.CpuPerGigabyte))),
            Figures.Beside(Theirs, Figures.Seconds(Pairs.Median(its.Select(r => r.CpuPerGigabyte)))), Figures.Number(ratio), atMost is null ? "" : "no more",
            atMost is { } bar ? ratio <= bar : null);
    }

    private static Line RateLine(List<Reception> mine, List<Reception> its)
    {
        static string Rate(IEnumerable<Reception> all) => string.Create(CultureInfo.InvariantCulture, $"{Pairs.Median(all.Select(r => r.Rate)):0}/s");
        var ratio = Pairs.Median(mine.Zip(its, (m, i) => m.Rate / i.Rate));
        return new Line("pgbench's transactions beside it", Rate(mine), Figures.Beside(Theirs, Rate(its)), Figures.Number(ratio), "at least 0.95", ratio >= 0.95);
    }

    private static Line LagLine(string what, List<Reception> all)
    {
        var lag = all.Max(r => r.Lag);
        return new Line(what, Figures.Seconds(lag.TotalSeconds), Wanted: $"under {_longestLag.TotalSeconds:0} s", Met: lag < _longestLag);
    }

    private static async Task<Reception> OursAsync(
        Bench bench, Radosgw? radosgw, Func<BenchServer, CancellationToken, Task<double>> load, CancellationToken cancellationToken)
    {
        var name = $"receive-{Guid.NewGuid():n}";
        var ours = radosgw is null
            ? await OurProgram.CreateAsync(bench, bench.Large, name, cancellationToken)
            : await OurProgram.CreateAsync(bench, bench.Large, name, radosgw, cancellationToken);
        var reception = await ReceiveAsync(bench.Large, Ours, () => ours.Start("wal", "receive"), load, cancellationToken);
        if (ours.Store is { } store)
            Directory.Delete(store, recursive: true);
        return reception;
    }

    private static async Task<Reception> TheirsAsync(Bench bench, Func<BenchServer, CancellationToken, Task<double>> load, CancellationToken cancellationToken)
    {
        var folder = bench.NewFolder("received");
        await bench.Large.RunAsync(cancellationToken, "checkpoint", $"select pg_create_physical_replication_slot('{Theirs}', true)");
        return await ReceiveAsync(
            bench.Large, Theirs,
            () => TimedProcess.Start(
                bench.Folder, bench.Account, bench.Installation.Tool("pg_receivewal"), ["-D", folder, "-S", Theirs], bench.Large.ToolEnvironment),
            load, cancellationToken);
    }

    private static async Task<Reception> ReceiveAsync(
        BenchServer server, string slot, Func<TimedProcess> start, Func<BenchServer, CancellationToken, Task<double>> load, CancellationToken cancellationToken)
    {
        await server.RunAsync(cancellationToken, "checkpoint");
        Disk.Sync();
        var begin = await server.WalPositionAsync(cancellationToken);
        await using var receiver = start();
        await server.UntilAsync($"select exists (select from pg_replication_slots where slot_name = '{slot}' and active)", cancellationToken);
        var rate = await load(server, cancellationToken);
        var lag = slot == Ours ? await LagAsync(server, cancellationToken) : TimeSpan.Zero;
        var bytes = await server.WalPositionAsync(cancellationToken) - begin;
        // pg_receivewal ends well by SIGINT only; ours by both, but what a shell starts in the background has SIGINT ignored.
        var usage = await receiver.StopAsync(slot == Ours ? ServerProcesses.Terminate : ServerProcesses.Interrupt, cancellationToken);
        await server.RunAsync(cancellationToken, $"select pg_drop_replication_slot('{slot}')");
        return new Reception(usage, rate, bytes, lag);
    }

    /// <summary>How long until everything that is on the server's disk now is in the store.</summary>
    private static async Task<TimeSpan> LagAsync(BenchServer server, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var end = await server.AskAsync<string>("select pg_current_wal_flush_lsn()::text", cancellationToken);
        await server.UntilAsync($"select exists (select from pg_stat_replication where application_name = 'twibackup_wal' and flush_lsn >= '{end}')", cancellationToken);
        return watch.Elapsed;
    }

    /// <summary>Transactions a second.</summary>
    private static async Task<double> PgBenchAsync(BenchServer server, CancellationToken cancellationToken)
    {
        var said = await server.ToolAsync(
            "pgbench", cancellationToken, "-n", "-M", "prepared", "-c", "4", "-j", "1", "-T", Seconds.ToString(CultureInfo.InvariantCulture));
        return double.Parse(TransactionsPerSecond().Match(said).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private static async Task<double> FloodAsync(BenchServer server, long bytes, CancellationToken cancellationToken)
    {
        await WalLoad.RunAsync(server, bytes, cancellationToken);
        await server.RunAsync(cancellationToken, "drop table flood");
        return 0;
    }

    [GeneratedRegex(@"tps = ([0-9.]+)")]
    private static partial Regex TransactionsPerSecond();

    /// <summary>What came of one run.</summary>
    private sealed record Reception(Usage Usage, double Rate, long Bytes, TimeSpan Lag)
    {
        public double CpuPerGigabyte => Usage.Cpu * 1e9 / Bytes;
    }
}
