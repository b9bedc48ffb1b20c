using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>What the store holds of a server's WAL, against the server's own files.</summary>
internal static class WalBytes
{
    /// <summary>The layout of the server's cluster.</summary>
    public static async Task<WalLayout> LayoutAsync(TestPostgres server, string system) =>
        new(system, 15, ulong.Parse(await server.ScalarAsync("select system_identifier from pg_control_system()"), System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Whether the store holds everything from <paramref name="from"/> to <paramref name="to"/>, as a listing tells.</summary>
    public static async Task<WalProof> ProveAsync(SetCatalog catalog, WalLayout layout, Lsn from, Lsn to, uint timeline = 1)
    {
        var chain = await WalChain.LoadAsync(catalog.Store, layout, CommandLine.Cancellation);
        return chain.Prove(from, TimelineHistory.WithoutParent(timeline), to);
    }

    /// <summary>Compares byte for byte with pg_wal, fetched as recovery would; the number of segments.</summary>
    public static async Task<int> CompareAsync(SetCatalog catalog, WalLayout layout, TestPostgres server, Lsn from, Lsn to, int segmentSize, uint timeline = 1)
    {
        var fetch = new WalFetch(catalog.Store, catalog.Keys, layout, new WalFetchOptions(), _ => { });
        var folder = Directory.CreateTempSubdirectory("twi-walbytes-");
        var segments = 0;
        try
        {
            for (var segment = WalSegment.Containing(from, timeline, segmentSize); segment.Start < to; segment = segment.Next)
            {
                var path = Path.Combine(folder.FullName, segment.Name);
                Assert.Equal(WalFetchResult.Fetched, await fetch.FetchAsync(segment.Name, path, CommandLine.Cancellation));
                var ours = await File.ReadAllBytesAsync(path, CommandLine.Cancellation);
                var theirs = await File.ReadAllBytesAsync(Path.Combine(server.DataDirectory, "pg_wal", segment.Name), CommandLine.Cancellation);
                var length = (int)Math.Min((ulong)segmentSize, to - segment.Start);
                Assert.True(ours.AsSpan(0, length).SequenceEqual(theirs.AsSpan(0, length)), $"{segment.Name} differs");
                File.Delete(path);
                segments++;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return segments;
    }

    /// <summary>What the server was told to be durable: it may throw that WAL away.</summary>
    public static async Task<Lsn> AcknowledgedAsync(TestPostgres server) => Lsn.Parse(await server.ScalarAsync(
        "select greatest((select restart_lsn from pg_replication_slots), (select max(flush_lsn) from pg_stat_replication))"));
}
