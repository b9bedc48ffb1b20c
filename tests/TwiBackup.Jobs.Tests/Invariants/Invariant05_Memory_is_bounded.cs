using TwiBackup.Progress;

namespace TwiBackup.Tests.Invariants;

/// <summary>256 MiB for a job, whatever the database's size.</summary>
public sealed class Invariant05_Memory_is_bounded
{
    private const long Limit = 256 << 20;

    [Fact]
    public async Task Backup_and_restore_of_300_MB_stay_below_256_MiB()
    {
        await using var system = await CommandLine.StartAsync(("max_wal_size", "1GB"));
        // Half of it compresses, half does not; one relation file is larger than the limit.
        await system.Server.ExecuteAsync(
            "app",
            "create table filler as select g as id, md5(g::text) || repeat('x', 32) || md5((g + 1)::text) as t, repeat(chr(65 + g % 26), 900) as u from generate_series(1, 270000) g");
        var size = long.Parse(await system.Server.ScalarAsync("select pg_table_size('filler')", "app"), global::System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(size, 280_000_000, 400_000_000);

        var backup = system.Start("backup", "database");
        var backupId = backup.Id;
        var ended = CommandLine.EndAsync(backup);
        var peak = await MemoryWatch.PeakAsync(backupId, ended, CommandLine.Cancellation);
        Assert.True((await ended).ExitCode == 0, (await ended).Errors);

        var directory = Path.Combine(system.Folder, "restored");
        var restore = system.Start("restore", "database", directory, "--no-slot");
        var restoreId = restore.Id;
        var restored = CommandLine.EndAsync(restore);
        var restorePeak = await MemoryWatch.PeakAsync(restoreId, restored, CommandLine.Cancellation);
        Assert.True((await restored).ExitCode == 0, (await restored).Errors);

        TestContext.Current.TestOutputHelper!.WriteLine($"Peak memory for {Sizes.Text(size)}: backup {Sizes.Text(peak)}, restore {Sizes.Text(restorePeak)}");
        Assert.InRange(peak, 1, Limit);
        Assert.InRange(restorePeak, 1, Limit);

        // The same as a dump: through pg_dump and pg_restore, which keep nothing either.
        await system.WriteDumpPolicyAsync("app");
        var (dumpPeak, loadPeak) = (await PeakAsync(system, "backup", "dump"), await PeakAsync(system, "restore", "dump", "--as", "again"));
        TestContext.Current.TestOutputHelper!.WriteLine($"dump {Sizes.Text(dumpPeak)}, restore of the dump {Sizes.Text(loadPeak)}");
        Assert.InRange(dumpPeak, 1, Limit);
        Assert.InRange(loadPeak, 1, Limit);
    }

    private static async Task<long> PeakAsync(CommandLine system, params string[] arguments)
    {
        var process = system.Start(arguments);
        var id = process.Id;
        var ended = CommandLine.EndAsync(process);
        var peak = await MemoryWatch.PeakAsync(id, ended, CommandLine.Cancellation);
        Assert.True((await ended).ExitCode == 0, (await ended).Errors);
        return peak;
    }
}
