using TwiBackup.Catalog;

namespace TwiBackup.Tests.Invariants;

/// <summary>A job killed by the kernel, again and again, at another object each time. Every byte is tried in SetWriterTests.</summary>
public sealed class Invariant01_A_set_is_visible_only_when_complete
{
    [Fact]
    public async Task A_backup_killed_at_any_object_leaves_a_whole_set_or_none()
    {
        await using var system = await CommandLine.StartAsync();
        var sets = Path.Combine(system.Store.Root, CommandLine.System, "database/full");
        var known = new HashSet<string>(StringComparer.Ordinal);
        var killed = 0;
        foreach (var objects in (int[])[0, 1, 2, 3])
        {
            using var job = system.Start("backup", "database");
            while (!job.HasExited && !Directory.Exists(sets) | NewObjects() < objects)
                await Task.Delay(2, CommandLine.Cancellation);
            if (!job.HasExited)
            {
                job.Kill();
                killed++;
            }

            await job.WaitForExitAsync(CommandLine.Cancellation);
            var listing = await system.Catalog.ListAsync(SetKind.Full, CommandLine.Cancellation);
            Assert.Empty(listing.Refused);
            foreach (var set in listing.Sets)
            {
                foreach (var entry in set.Manifest.Objects)
                    await SetObjects.CheckStoredAsync(system.Catalog, set, entry, CommandLine.Cancellation);
            }

            if (Directory.Exists(sets))
                known.UnionWith(Directory.GetDirectories(sets));
        }

        Assert.True(killed >= 3, $"only {killed} were killed");
        // The lock died with its holder: the next one runs, once the server has noticed.
        await WaitForSlotAsync(system);
        var good = await system.RunAsync("backup", "database");
        Assert.True(good.ExitCode == 0, good.Errors);

        int NewObjects() => Directory.Exists(sets) ? Directory.GetDirectories(sets).Where(d => !known.Contains(d)).Sum(d => Directory.GetFiles(d, "*", SearchOption.AllDirectories).Length) : 0;
    }

    private static async Task WaitForSlotAsync(CommandLine system)
    {
        while (await system.Server.ScalarAsync("select count(*) from pg_replication_slots") != "0")
            await Task.Delay(50, CommandLine.Cancellation);
    }
}
