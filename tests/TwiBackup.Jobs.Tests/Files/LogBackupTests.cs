using System.IO.Compression;
using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Postgres;

namespace TwiBackup.Tests.Files;

public sealed class LogBackupTests : IAsyncDisposable
{
    private readonly FilesTest test = new();

    private static CancellationToken Cancellation => FilesTest.Cancellation;

    public ValueTask DisposeAsync() => test.DisposeAsync();

    [Fact]
    public async Task A_rotated_log_is_archived_once_whatever_it_is_called_later()
    {
        test.WriteLog("bot.log.1", "first");
        Assert.Single((await RunAsync()).Set!.Manifest.Logs!.Files);

        File.Move(Path.Combine(test.Source, "bot.log.1"), Path.Combine(test.Source, "bot.log.2"));
        test.WriteLog("bot.log.1", "second");
        var again = await RunAsync();
        Assert.Equal("bot.log.1", Path.GetFileName(Assert.Single(again.Set!.Manifest.Logs!.Files).Name));
        Assert.Equal(1, again.Archived);

        var nothing = await RunAsync();
        Assert.Null(nothing.Set);
        Assert.Equal(2, nothing.Archived);
    }

    [Theory]
    [InlineData("gz")]
    [InlineData("zst")]
    public async Task A_log_compressed_after_it_was_archived_is_the_same_log(string compressor)
    {
        var log = test.WriteLog("bot.log.1", new string('x', 100_000) + "end");
        await RunAsync();
        var compressed = Path.Combine(test.Source, $"bot.log.2.{compressor}");
        await CompressAsync(log, compressed, compressor);
        File.Delete(log);

        var again = await RunAsync();
        Assert.Null(again.Set);
        Assert.Equal(1, again.Archived);
    }

    [Fact]
    public async Task A_compressed_log_comes_back_as_it_was()
    {
        var log = test.WriteLog("plain.log.1", new string('x', 100_000));
        var compressed = Path.Combine(test.Source, "bot.log.2.gz");
        await CompressAsync(log, compressed, "gz");
        File.Delete(log);
        await RunAsync();
        Assert.Equal(File.ReadAllBytes(compressed), File.ReadAllBytes(await test.RestoreElsewhereAsync(SetKind.Logs) + compressed));
    }

    [Fact]
    public async Task A_damaged_compressed_log_is_archived_as_it_is()
    {
        var path = test.WriteLog("bot.log.2.gz", "");
        File.WriteAllBytes(path, [0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7]);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-1));
        Assert.Single((await RunAsync()).Set!.Manifest.Logs!.Files);
        Assert.Null((await RunAsync()).Set);
    }

    [Fact]
    public async Task A_log_that_is_open_for_writing_is_left_for_next_time()
    {
        var path = test.WriteLog("bot.log.1", "text");
        // Another process, as the bot is: sh holds it open and waits for the end of its input.
        var input = new WaitingStream();
        await using var writer = ChildProcess.Start(
            new() { Program = "sh", Arguments = ["-c", $"exec 3>>'{path}'; echo ready; cat"], Input = input });
        await writer.StandardOutput.ReadExactlyAsync(new byte[6], Cancellation);

        var left = await RunAsync();
        Assert.Null(left.Set);
        Assert.Contains("open for writing", Assert.Single(left.Left).Why, StringComparison.Ordinal);
        Assert.NotNull((await test.Logs(all: true).RunAsync(Cancellation)).Set);

        input.End();
        await writer.WaitAsync(Cancellation);
        Assert.Equal(1, (await RunAsync()).Archived);
    }

    [Fact]
    public async Task A_log_written_a_moment_ago_and_the_log_in_use_are_left_unless_all_are_wanted()
    {
        var fresh = test.Write("bot.log.1", "fresh");
        var current = test.WriteLog("bot.log", "current");
        test.WriteLog("bot.log.2", "old");

        var result = await RunAsync();
        Assert.Equal("bot.log.2", Path.GetFileName(Assert.Single(result.Set!.Manifest.Logs!.Files).Name));
        Assert.Equal([current, fresh], result.Left.Select(l => l.Path));

        var all = await test.Logs(all: true).RunAsync(Cancellation);
        Assert.Equal([current, fresh], all.Set!.Manifest.Logs!.Files.Select(f => f.Name));
        Assert.Empty(all.Left);
    }

    [Fact]
    public async Task A_log_that_grows_while_it_is_read_is_taken_as_far_as_it_was()
    {
        var path = test.Write("bot.log", new string('a', 1 << 20));
        var tree = await TreeScanner.ScanAsync([path], mayGrow: true, Cancellation);
        await File.AppendAllTextAsync(path, "more", Cancellation);
        var set = await SetWriter.BeginAsync(test.Catalog, SetKind.Logs, TimeProvider.System, Cancellation);
        await new ArchiveWriter(set, LogBackup.ArchiveName, test.Progress).WriteAsync(tree.Entries, Cancellation);
        var committed = await set.CommitAsync(TimeSpan.FromDays(1), m => m, Cancellation);
        Assert.Equal(1 << 20, new FileInfo(await test.RestoreElsewhereAsync(SetKind.Logs, committed.Id) + path).Length);
    }

    [Fact]
    public async Task Two_logs_of_one_content_are_archived_once_and_empty_ones_never()
    {
        test.WriteLog("a.log.1", "same");
        test.WriteLog("b.log.1", "same");
        test.WriteLog("c.log.1", "");
        var result = await RunAsync();
        Assert.Single(result.Set!.Manifest.Logs!.Files);
        Assert.Equal(1, result.Archived);
    }

    [Fact]
    public async Task Every_set_is_restored_into_a_folder_of_its_own()
    {
        var path = test.WriteLog("bot.log.1", "first");
        var first = (await RunAsync()).Set!;
        File.Delete(path);
        test.WriteLog("bot.log.1", "second");
        var second = (await RunAsync()).Set!;

        var folder = Path.Combine(test.Folder, "history");
        var sets = await LogHistory.RestoreAsync(test.Catalog, folder, at: null, TimeProvider.System, test.Progress, Cancellation);
        Assert.Equal(2, sets.Count);
        Assert.Equal("first", File.ReadAllText(Path.Combine(folder, first.Id) + path));
        Assert.Equal("second", File.ReadAllText(Path.Combine(folder, second.Id) + path));
    }

    [Fact]
    public async Task Logs_are_not_stored_in_the_clear()
    {
        test.WriteLog("bot.log.1", "user 346842016480755724 said something private");
        await RunAsync();
        Assert.DoesNotContain("346842016480755724", test.StoreText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bot.log", false)]
    [InlineData("test.log", false)]
    [InlineData("bot.txt", false)]
    [InlineData("syslog", false)]
    [InlineData("bot.log.1", true)]
    [InlineData("bot.log.10", true)]
    [InlineData("bot.1.log", true)]
    [InlineData("bot.log.2.gz", true)]
    [InlineData("bot.log.gz", true)]
    [InlineData("bot.log-20261123", true)]
    [InlineData("bot.log-20261123.zst", true)]
    [InlineData("bot.log.2026-11-23", true)]
    [InlineData("bot-2026-11-23.log", true)]
    [InlineData("bot.log.2026-11-23_02-00-00", true)]
    [InlineData("bot.log.old", true)]
    public void Rotation_is_told_by_the_name(string name, bool rotated) => Assert.Equal(rotated, LogName.IsRotated($"/app/logs/{name}"));

    private Task<LogBackupResult> RunAsync() => test.Logs().RunAsync(Cancellation);

    private static async Task CompressAsync(string source, string target, string compressor)
    {
        if (compressor == "zst")
        {
            await ChildProcess.RunAsync(new() { Program = "zstd", Arguments = ["-q", source, "-o", target] }, Cancellation);
        }
        else
        {
            await using var output = new GZipStream(File.Create(target), CompressionLevel.Fastest);
            await output.WriteAsync(await File.ReadAllBytesAsync(source, Cancellation), Cancellation);
        }

        File.SetLastWriteTimeUtc(target, DateTime.UtcNow.AddHours(-1));
    }
}
