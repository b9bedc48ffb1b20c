using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Retention;
using TwiBackup.Stores;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>SIGKILL to a prune after each deletion of a folder, and before each tag of a bucket, then again until it has come to its end.</summary>
public sealed class Invariant02_A_killed_prune_takes_nothing_that_is_needed
{
    [Fact]
    public async Task In_a_folder_it_can_be_killed_after_any_deletion()
    {
        var random = new Random(Tally.Seed());
        await using var system = await CommandLine.StartAsync(CommandLine.Fastest, new InitOptions { WalSegmentSizeMb = 1 }, TestStores.NewFileStore());
        var needed = await PrunedSystem.PlantAsync(system);
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

                await needed.CheckAsync(system);
                var again = await system.RunAsync("prune");
                Assert.True(again.ExitCode == 0, again.Errors);
                await needed.CheckAsync(system);
                var end = Photographs.Take(system.Store.Root);
                // All that it would have taken it has taken, and nothing else; a signature without its manifest goes with its data, as garbage.
                var more = end.Keys.Where(IsObject).Except(after.Keys).ToList();
                Assert.Empty(after.Keys.Where(IsObject).Except(end.Keys));
                Assert.All(more, name => Assert.EndsWith("/" + CatalogKeys.SignatureName, name, StringComparison.Ordinal));
                Assert.DoesNotContain(more, name => needed.Sets.Any(set => name.Contains(set.Id, StringComparison.Ordinal)));
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
        var needed = await PrunedSystem.PlantAsync(system);
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
            await needed.CheckAsync(system);
            await needed.CheckTagsAsync(system);
        }

        Assert.True(kills >= 2, $"only {kills} were killed");
        var last = await system.RunAsync("prune");
        Assert.True(last.ExitCode == 0, last.Errors);
        await needed.CheckTagsAsync(system);
        Tally.Add("prune, S3: SIGKILL by bytes sent", (kills, "kills"));
    }

    private static bool IsObject(string name) => !name.StartsWith(".twibackup", StringComparison.Ordinal);

    private static void CopyTo(string from, string to)
    {
        if (Directory.Exists(to))
            Directory.Delete(to, recursive: true);
        using var copy = System.Diagnostics.Process.Start("cp", ["-a", from, to]);
        copy.WaitForExit();
        Assert.Equal(0, copy.ExitCode);
    }
}
