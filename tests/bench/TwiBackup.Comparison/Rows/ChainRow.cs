using TwiBackup.Comparison.Measure;
using TwiBackup.Comparison.Peers;
using TwiBackup.Comparison.Report;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Comparison.Rows;

/// <summary>Listing 10,000 WAL segments and proving from that that none is missing: <c>wal show</c>. Their content is not read.</summary>
internal sealed class ChainRow : IRow
{
    private const int Segments = 10_000;
    private const int SegmentSize = 1 << 20;
    private const int AtOnce = 8;

    public string Name => "chain";

    public async Task<IReadOnlyList<Line>> MeasureAsync(Bench bench, CancellationToken cancellationToken)
    {
        Bench.Say($"storing {Segments} WAL segments in a folder");
        var local = await OurProgram.CreateAsync(bench, null, "chain", cancellationToken);
        await using (var store = new FileObjectStore(local.Store!))
            await StoreAsync(bench, store, cancellationToken);
        bench.Account.ChownTree(local.Store!);
        List<Line> lines = [await ShowAsync(bench, local, "in a folder", cancellationToken)];

        await using var radosgw = await Radosgw.StartAsync(bench, cancellationToken);
        if (radosgw is null)
            return lines;
        Bench.Say($"storing {Segments} WAL segments in radosgw");
        var remote = await OurProgram.CreateAsync(bench, null, "chain-s3", radosgw, cancellationToken);
        await using (var store = radosgw.OpenStore("chain-s3"))
            await StoreAsync(bench, store, cancellationToken);
        lines.Add(await ShowAsync(bench, remote, "in radosgw", cancellationToken));
        return lines;
    }

    private static async Task<Line> ShowAsync(Bench bench, OurProgram ours, string where, CancellationToken cancellationToken)
    {
        var runs = await Pairs.RunAsync(bench.Options.Pairs, ct => ours.RunAsync(ct, "wal", "show"), null, cancellationToken);
        return new Line($"`wal show` of 10,000 segments {where}", Figures.Seconds(runs.Mine(u => u.Wall)), Ratio: $"CPU {Figures.Seconds(runs.Mine(u => u.Cpu))}");
    }

    private static async Task StoreAsync(Bench bench, IObjectStore store, CancellationToken cancellationToken)
    {
        var keys = new KeyRing([bench.Keys.Recipient], [], await KeyFiles.ReadSigningKeyAsync(bench.Keys.SigningFile, cancellationToken), [bench.Keys.SigningPublic]);
        var objects = new WalObjects(store, keys, new WalLayout(OurProgram.System, 15, 7_300_000_000_000_000_000), _ => { });
        await objects.PutClusterFactsAsync(SegmentSize, cancellationToken);
        var content = new byte[SegmentSize];
        await Parallel.ForAsync(1, Segments + 1, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (i, ct) =>
            await objects.PutSegmentAsync(new WalSegment(1, (ulong)i, SegmentSize).Name, content, null, ct));
    }
}
