using System.Security.Cryptography;
using TwiBackup.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

public sealed class WalPrefetcherTests
{
    private const int Size = 1 << 20;

    private static readonly WalLayout Layout = new(WalTest.System, 15, 7301234567890123456);

    [Fact]
    public async Task Recovery_takes_segments_by_renaming_and_gets_the_last_one_twice()
    {
        await using var test = WalTest.Create();
        var contents = await FillAsync(test, 1, 12);
        // A quote, a space and a percent sign: the folder goes through sh and through PostgreSQL.
        var folder = Path.Combine(test.Folder, "it's 100% pg_wal");
        using var stop = new CancellationTokenSource();
        var prefetcher = new WalPrefetcher(
            new WalFetch(test.Store, test.ReadKeys, Layout, new WalFetchOptions(), _ => { }),
            folder, WalPrefetcher.Along(TimelineHistory.WithoutParent(1), new Lsn(Size + 100), Size), depth: 4);
        var running = prefetcher.RunAsync(stop.Token);
        var command = WalPrefetcher.RestoreCommand(folder, ["sh", "-c", "exit 126"]);
        var destination = Path.Combine(test.Folder, "RECOVERYXLOG");
        for (var number = 1; number <= 12; number++)
        {
            var name = new WalSegment(1, (ulong)number, Size).Name;
            await test.UntilAsync(() => File.Exists(Path.Combine(folder, name)), name);
            Assert.InRange(Directory.GetFiles(folder).Length, 1, 4);
            Assert.Equal(0, await ShellAsync(command, name, destination));
            Assert.Equal(contents[number - 1], await File.ReadAllBytesAsync(destination, WalTest.Cancellation));
        }

        Assert.Null(await running);
        File.Delete(destination);
        Assert.Equal(0, await ShellAsync(command, new WalSegment(1, 12, Size).Name, destination));
        Assert.Equal(contents[^1], await File.ReadAllBytesAsync(destination, WalTest.Cancellation));
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public async Task What_is_not_prefetched_is_decided_by_the_program()
    {
        await using var test = WalTest.Create();
        Directory.CreateDirectory(Path.Combine(test.Folder, "ahead"));
        var folder = Path.Combine(test.Folder, "ahead");
        foreach (var code in (int[])[0, 1, 126])
            Assert.Equal(code, await ShellAsync(WalPrefetcher.RestoreCommand(folder, ["sh", "-c", $"exit {code}"]), "00000002.history", "/nowhere"));
        Assert.Equal(127, await ShellAsync(WalPrefetcher.RestoreCommand(folder, ["/no such program"]), "00000002.history", "/nowhere"));
        // A prefetched file that can't be moved must not look like the end either.
        await File.WriteAllTextAsync(Path.Combine(folder, "000000010000000000000001"), "x", WalTest.Cancellation);
        Assert.Equal(126, await ShellAsync(WalPrefetcher.RestoreCommand(folder, ["false"]), "000000010000000000000001", "/nowhere/x"));
    }

    [Fact]
    public async Task A_segment_that_does_not_verify_is_left_to_the_fetch()
    {
        await using var test = WalTest.Create();
        await FillAsync(test, 1, 3);
        var key = (await test.KeysAsync(Layout.SegmentPrefix(new WalSegment(1, 2, Size).Name)))[0];
        await test.Store.DeleteAsync(key, null, WalTest.Cancellation);
        var folder = Path.Combine(test.Folder, "ahead");
        var prefetcher = new WalPrefetcher(
            new WalFetch(test.Store, test.ReadKeys, Layout, new WalFetchOptions(), _ => { }),
            folder, WalPrefetcher.Along(TimelineHistory.WithoutParent(1), new Lsn(Size), Size));
        Assert.Contains("is missing", await prefetcher.RunAsync(WalTest.Cancellation), StringComparison.Ordinal);
        Assert.Equal([Path.Combine(folder, new WalSegment(1, 1, Size).Name)], Directory.GetFiles(folder));
    }

    private static async Task<List<byte[]>> FillAsync(WalTest test, int first, int last)
    {
        var objects = new WalObjects(test.Store, test.Keys, Layout, test.Tell);
        await objects.PutClusterFactsAsync(Size, WalTest.Cancellation);
        var contents = new List<byte[]>();
        for (var number = first; number <= last; number++)
        {
            contents.Add(RandomNumberGenerator.GetBytes(Size));
            await objects.PutSegmentAsync(new WalSegment(1, (ulong)number, Size).Name, contents[^1], null, WalTest.Cancellation);
        }

        return contents;
    }

    /// <summary>Replaces what PostgreSQL replaces, and runs it as PostgreSQL does.</summary>
    private static async Task<int> ShellAsync(string command, string name, string destination)
    {
        var line = command.Replace("%%", "\0", StringComparison.Ordinal).Replace("%f", name, StringComparison.Ordinal)
            .Replace("%p", destination, StringComparison.Ordinal).Replace('\0', '%');
        using var shell = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", line }, RedirectStandardError = true })!;
        await shell.WaitForExitAsync(WalTest.Cancellation);
        return shell.ExitCode;
    }
}
