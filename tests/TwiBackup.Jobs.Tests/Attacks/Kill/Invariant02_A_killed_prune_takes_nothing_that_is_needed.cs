using System.Security.Cryptography;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Retention;
using TwiBackup.Stores;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;
using static TwiBackup.Tests.Catalog.SampleSets;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>SIGKILL to a prune after each deletion of a folder, and before each tag of a bucket, then again until it has come to its end.</summary>
public sealed class Invariant02_A_killed_prune_takes_nothing_that_is_needed
{
    private const int SegmentSize = 1 << 20;

    private static readonly WalLayout Layout = new(CommandLine.System, 15, 7000000000000000001);

    [Fact]
    public async Task In_a_folder_it_can_be_killed_after_any_deletion()
    {
        var random = new Random(Tally.Seed());
        await using var system = await CommandLine.StartAsync(CommandLine.Fastest, new InitOptions { WalSegmentSizeMb = 1 }, TestStores.NewFileStore());
        var needed = await PlantAsync(system);
        var copy = system.Store.Root + ".copy";
        try
        {
            CopyTo(system.Store.Root, copy);
            var before = Photographs.Take(system.Store.Root);
            Assert.Equal(0, (await system.RunAsync("prune")).ExitCode);
            var after = Photographs.Take(system.Store.Root);
            var deletions = before.Keys.Count(name => !after.ContainsKey(name) && !name.StartsWith(".twibackup", StringComparison.Ordinal));
            Assert.True(deletions > 30, $"{deletions} deletions are too few to say anything");

            var kills = 0;
            foreach (var point in Victim.Points(random, deletions, Tally.Rounds(8, 60)))
            {
                CopyTo(copy, system.Store.Root);
                var deleted = 0;
                using (var watcher = new FileSystemWatcher(Path.Combine(system.Store.Root, CommandLine.System)) { IncludeSubdirectories = true, NotifyFilter = NotifyFilters.FileName })
                {
                    watcher.Deleted += (_, _) => Interlocked.Increment(ref deleted);
                    watcher.EnableRaisingEvents = true;
                    kills += (await Victim.KillAsync(system.Start("prune"), () => Volatile.Read(ref deleted), point + 1)).Killed ? 1 : 0;
                }

                await CheckAsync(system, needed);
                var again = await system.RunAsync("prune");
                Assert.True(again.ExitCode == 0, again.Errors);
                await CheckAsync(system, needed);
                var end = Photographs.Take(system.Store.Root);
                // All that it would have taken it has taken, and nothing else; a signature without its manifest goes with its data, as garbage.
                var more = end.Keys.Where(IsObject).Except(after.Keys).ToList();
                Assert.Empty(after.Keys.Where(IsObject).Except(end.Keys));
                Assert.All(more, name => Assert.EndsWith("/" + CatalogKeys.SignatureName, name, StringComparison.Ordinal));
                Assert.DoesNotContain(more, name => needed.Sets.Exists(set => name.Contains(set.Id, StringComparison.Ordinal)));
                Assert.All(end.Where(f => IsObject(f.Key)), file => Assert.Equal(before[file.Key], file.Value));
            }

            Assert.True(kills >= 2, $"only {kills} were killed");
            Tally.Add("prune, folder: SIGKILL by deletions", (kills, "kills"), (deletions, "deletions each"));
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    [Fact]
    public async Task In_a_bucket_it_can_be_killed_before_any_tag()
    {
        var random = new Random(Tally.Seed());
        await using var proxy = await S3Faults.NewProxyAsync();
        await using var system = await CommandLine.StartAsync(CommandLine.Fastest, new InitOptions { WalSegmentSizeMb = 1 }, await TestStores.NewS3StoreAsync());
        await system.UseStoreAsync(S3Faults.UrlThrough(proxy, system.Store));
        var needed = await PlantAsync(system);
        var kills = 0;
        // What has its tag already gets it again: each prune does the same.
        var before = proxy.Bytes;
        var whole = await system.RunAsync("prune");
        Assert.True(whole.ExitCode == 0, whole.Errors);
        foreach (var point in Victim.Points(random, proxy.Bytes - before, Tally.Rounds(5, 40)))
        {
            var job = system.Start("prune");
            var process = job.Id;
            proxy.When(proxy.Bytes + point, () => ServerProcesses.Signal(process, ServerProcesses.Kill));
            kills += (await CommandLine.EndAsync(job)).ExitCode == 137 ? 1 : 0;
            proxy.When(long.MaxValue, () => { });
            await CheckAsync(system, needed);
            await CheckTagsAsync(system, needed);
        }

        Assert.True(kills >= 2, $"only {kills} were killed");
        var last = await system.RunAsync("prune");
        Assert.True(last.ExitCode == 0, last.Errors);
        await CheckTagsAsync(system, needed);
        Tally.Add("prune, S3: SIGKILL by bytes sent", (kills, "kills"));
    }

    private static bool IsObject(string name) => !name.StartsWith(".twibackup", StringComparison.Ordinal);

    /// <summary>What must stay is there, is believed, and the newest full has all WAL behind it.</summary>
    private static async Task CheckAsync(CommandLine system, Needed needed)
    {
        foreach (var kind in (SetKind[])[SetKind.Full, SetKind.Logs])
        {
            var listing = await system.Catalog.ListAsync(kind, CommandLine.Cancellation);
            Assert.Empty(listing.Refused);
            var there = listing.Sets.Select(s => s.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var set in needed.Sets.Where(s => s.Kind == kind))
            {
                Assert.Contains(set.Id, there);
                foreach (var entry in set.Manifest.Objects)
                    Assert.NotNull(await system.Store.Store.HeadAsync(set.Key(entry), CommandLine.Cancellation));
            }
        }

        var chain = await WalChain.LoadAsync(system.Store.Store, Layout, CommandLine.Cancellation);
        var proof = chain.Prove(needed.From, TimelineHistory.WithoutParent(1), needed.To);
        Assert.True(proof.Whole, proof.Message);
        Assert.Empty(chain.Gaps());
    }

    /// <summary>Nothing that is needed is marked to go.</summary>
    private static async Task CheckTagsAsync(CommandLine system, Needed needed)
    {
        foreach (var set in needed.Sets)
        {
            foreach (var name in set.Manifest.Objects.Select(set.Key).Append(set.Manifest.Prefix + CatalogKeys.ManifestName).Append(set.Manifest.Prefix + CatalogKeys.SignatureName))
                Assert.Empty(await system.Store.Store.GetTagsAsync(name, CommandLine.Cancellation));
        }

        for (var segment = WalSegment.Containing(needed.From, 1, SegmentSize); segment.Start < needed.To; segment = segment.Next)
        {
            await foreach (var info in system.Store.Store.ListAsync(Layout.SegmentPrefix(segment.Name), null, CommandLine.Cancellation))
                Assert.Empty(await system.Store.Store.GetTagsAsync(info.Key, CommandLine.Cancellation));
        }
    }

    /// <summary>Sets that are due and sets that are not, WAL before and behind the newest full, and what killed jobs left.</summary>
    private static async Task<Needed> PlantAsync(CommandLine system)
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
        return new Needed(needed, new Lsn(Start), new Lsn(26UL << 20));
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

    private static void CopyTo(string from, string to)
    {
        if (Directory.Exists(to))
            Directory.Delete(to, recursive: true);
        using var copy = System.Diagnostics.Process.Start("cp", ["-a", from, to]);
        copy.WaitForExit();
        Assert.Equal(0, copy.ExitCode);
    }

    private sealed record Needed(List<BackupSet> Sets, Lsn From, Lsn To);
}
