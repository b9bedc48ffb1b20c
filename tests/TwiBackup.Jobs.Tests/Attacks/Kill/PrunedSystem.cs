using System.Security.Cryptography;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Stores;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Invariants;
using TwiBackup.Wal;
using static TwiBackup.Tests.Catalog.SampleSets;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>A store on which a prune has something to do, and what of it must stay.</summary>
internal sealed class PrunedSystem(List<BackupSet> sets, Lsn from, Lsn to)
{
    private const int SegmentSize = 1 << 20;

    private static readonly WalLayout Layout = new(CommandLine.System, 15, 7000000000000000001);

    /// <summary>The sets that must stay.</summary>
    public IReadOnlyList<BackupSet> Sets => sets;

    /// <summary>What must stay is there, is believed, and the newest full has all WAL behind it.</summary>
    public async Task CheckAsync(CommandLine system)
    {
        foreach (var kind in (SetKind[])[SetKind.Full, SetKind.Logs])
        {
            var listing = await system.Catalog.ListAsync(kind, CommandLine.Cancellation);
            Assert.Empty(listing.Refused);
            var there = listing.Sets.Select(s => s.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var set in sets.Where(s => s.Kind == kind))
            {
                Assert.Contains(set.Id, there);
                foreach (var entry in set.Manifest.Objects)
                    Assert.NotNull(await system.Store.Store.HeadAsync(set.Key(entry), CommandLine.Cancellation));
            }
        }

        var chain = await WalChain.LoadAsync(system.Store.Store, Layout, CommandLine.Cancellation);
        var proof = chain.Prove(from, TimelineHistory.WithoutParent(1), to);
        Assert.True(proof.Whole, proof.Message);
        Assert.Empty(chain.Gaps());
    }

    /// <summary>Nothing that is needed is marked to go.</summary>
    public async Task CheckTagsAsync(CommandLine system)
    {
        foreach (var set in sets)
        {
            foreach (var name in set.Manifest.Objects.Select(set.Key).Append(set.Manifest.Prefix + CatalogKeys.ManifestName).Append(set.Manifest.Prefix + CatalogKeys.SignatureName))
                Assert.Empty(await system.Store.Store.GetTagsAsync(name, null, CommandLine.Cancellation));
        }

        for (var segment = WalSegment.Containing(from, 1, SegmentSize); segment.Start < to; segment = segment.Next)
        {
            await foreach (var info in system.Store.Store.ListAsync(Layout.SegmentPrefix(segment.Name), null, CommandLine.Cancellation))
                Assert.Empty(await system.Store.Store.GetTagsAsync(info.Key, null, CommandLine.Cancellation));
        }
    }

    /// <summary>Sets that are due and sets that are not, WAL before and behind the newest full, and what killed jobs left.</summary>
    public static async Task<PrunedSystem> PlantAsync(CommandLine system)
    {
        var now = DateTimeOffset.UtcNow;
        var store = system.Store.Store;
        var needed = new List<BackupSet>();
        for (var day = 1; day <= 6; day++)
        {
            await SampleSets.PlantAsync(store, system.Catalog.Keys, SetKind.Logs, Manifest(SetKind.Logs, Id(now.AddDays(-100 - day)), now.AddDays(-10)), "a", "b");
            if (day <= 3)
                needed.Add(await SampleSets.PlantAsync(store, system.Catalog.Keys, SetKind.Logs, Manifest(SetKind.Logs, Id(now.AddDays(-day)), now.AddDays(80)), "a", "b"));
        }

        for (var i = 0UL; i < 4; i++)
        {
            var at = now.AddDays(-60 + (int)i);
            await SampleSets.PlantAsync(
                store, system.Catalog.Keys, SetKind.Full, Manifest(SetKind.Full, Id(at), at.AddDays(30), Facts(1, (i + 1) << 20, ((i + 1) << 20) + 100, at)), "base.0000.tar.zst.age", "backup_manifest.zst.age");
        }

        const ulong Start = 20UL << 20;
        var newest = now.AddDays(-20);
        needed.Add(await SampleSets.PlantAsync(
            store, system.Catalog.Keys, SetKind.Full, Manifest(SetKind.Full, Id(newest), newest.AddDays(30), Facts(1, Start, Start + 100, newest)), "base.0000.tar.zst.age", "backup_manifest.zst.age"));
        var wal = new WalObjects(store, system.Catalog.Keys, Layout, _ => { });
        await wal.PutClusterFactsAsync(SegmentSize, CommandLine.Cancellation);
        for (var number = 1UL; number < 26; number++)
        {
            var segment = new WalSegment(1, number, SegmentSize);
            if (number % 5 == 0)
                await wal.PutTailAsync(segment.Name, 0, RandomNumberGenerator.GetBytes(1000), null, null, CommandLine.Cancellation);
            await wal.PutSegmentAsync(segment.Name, new byte[SegmentSize], null, CommandLine.Cancellation);
        }

        if (store is FileObjectStore)
            await PlantGarbageAsync(system, now);
        return new PrunedSystem(needed, new Lsn(Start), new Lsn(26UL << 20));
    }

    private static async Task PlantGarbageAsync(CommandLine system, DateTimeOffset now)
    {
        foreach (var (id, hours) in ((string, int)[])[(Id(now.AddHours(-60)), -60), (Id(now.AddHours(-50)), -50), (Id(now.AddHours(-1)), -1)])
        {
            foreach (var name in (string[])["base.0000.tar.zst.age", "wal/000000010000000000000001.zst.age", CatalogKeys.SignatureName])
            {
                var key = CatalogKeys.SetPrefix(CommandLine.System, SetKind.Full, id) + name;
                await system.Store.Store.PutBytesAsync(key, new byte[10], PutCondition.IfAbsent, CommandLine.Cancellation);
                File.SetLastWriteTimeUtc(Path.Combine(system.Store.Root, key), now.UtcDateTime.AddHours(hours));
            }
        }
    }
}
