using TwiBackup.Postgres;
using TwiBackup.Tests.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

public sealed class WalPushTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(128)]
    public async Task What_archive_command_gives_is_stored_once_under_its_own_cluster(int segmentMb)
    {
        await using var postgres = await TestPostgres.StartAsync(new InitOptions { WalSegmentSizeMb = segmentMb }, ("wal_keep_size", "1GB"));
        await using var test = WalTest.Create();
        await postgres.ExecuteAsync("postgres", "create table load(id int)", "insert into load values (1)");
        var name = await postgres.ScalarAsync("select pg_walfile_name(pg_switch_wal())");
        await postgres.ExecuteAsync("postgres", "checkpoint");
        var path = Path.Combine(postgres.DataDirectory, "pg_wal", name);
        var push = new WalPush(test.Store, test.Keys, WalTest.System, test.Tell);
        await push.PushAsync(path, WalTest.Cancellation);
        var keys = await test.KeysAsync();
        await push.PushAsync(path, WalTest.Cancellation);
        Assert.Equal(keys, await test.KeysAsync());
        Assert.Equal(await postgres.ScalarAsync("select system_identifier::text from pg_control_system()"), $"{(await test.LayoutAsync()).SystemIdentifier}");
        var destination = Path.Combine(test.Folder, "x");
        Assert.Equal(WalFetchResult.Fetched, await (await test.FetchAsync()).FetchAsync(name, destination, WalTest.Cancellation));
        Assert.Equal(await File.ReadAllBytesAsync(path, WalTest.Cancellation), await File.ReadAllBytesAsync(destination, WalTest.Cancellation));
    }

    [Fact]
    public async Task A_segment_that_is_not_what_it_is_called_is_refused()
    {
        await using var postgres = await TestPostgres.StartAsync(new InitOptions { WalSegmentSizeMb = 1 });
        await using var test = WalTest.Create();
        var name = await postgres.ScalarAsync("select pg_walfile_name(pg_current_wal_lsn())");
        var content = await File.ReadAllBytesAsync(Path.Combine(postgres.DataDirectory, "pg_wal", name), WalTest.Cancellation);
        var push = new WalPush(test.Store, test.Keys, WalTest.System, test.Tell);
        var other = new WalSegment(1, WalSegment.TryParse(name, 1 << 20, out var segment) ? segment.Number + 1 : 0, 1 << 20).Name;
        await RefusedAsync(push, test, other, content);
        await RefusedAsync(push, test, name, content[..^1]);
        await RefusedAsync(push, test, name, new byte[1 << 20]);
        await RefusedAsync(push, test, "pg_internal.init", content);
        Assert.Empty(await test.KeysAsync());
    }

    [Fact]
    public async Task Another_content_under_a_stored_name_is_refused_and_kept()
    {
        await using var postgres = await TestPostgres.StartAsync(new InitOptions { WalSegmentSizeMb = 1 });
        await using var test = WalTest.Create();
        var name = await postgres.ScalarAsync("select pg_walfile_name(pg_switch_wal())");
        var path = Path.Combine(postgres.DataDirectory, "pg_wal", name);
        var push = new WalPush(test.Store, test.Keys, WalTest.System, test.Tell);
        await push.PushAsync(path, WalTest.Cancellation);
        var content = await File.ReadAllBytesAsync(path, WalTest.Cancellation);
        content[^1] ^= 1;
        await RefusedAsync(push, test, name, content);
        Assert.Equal(2, (await test.KeysAsync((await test.LayoutAsync()).TimelineFolder(1))).Count);
    }

    [Fact]
    public async Task Histories_labels_and_partials_are_stored_and_fetched()
    {
        await using var postgres = await TestPostgres.StartAsync(new InitOptions { WalSegmentSizeMb = 1 });
        await using var test = WalTest.Create();
        var name = await postgres.ScalarAsync("select pg_walfile_name(pg_current_wal_lsn())");
        var folder = Path.Combine(postgres.DataDirectory, "pg_wal");
        File.Copy(Path.Combine(folder, name), Path.Combine(folder, name + ".partial"));
        var label = $"{name}.00000028.backup";
        await File.WriteAllTextAsync(Path.Combine(folder, label), "START WAL LOCATION: x\n", WalTest.Cancellation);
        await File.WriteAllTextAsync(Path.Combine(folder, "00000002.history"), "1\t0/300000\tx\n", WalTest.Cancellation);
        var push = new WalPush(test.Store, test.Keys, WalTest.System, test.Tell);
        foreach (var file in (string[])[name + ".partial", label, "00000002.history", "00000002.history"])
            await push.PushAsync(Path.Combine(folder, file), WalTest.Cancellation);
        var fetch = await test.FetchAsync();
        foreach (var file in (string[])[label, "00000002.history"])
        {
            var destination = Path.Combine(test.Folder, file);
            Assert.Equal(WalFetchResult.Fetched, await fetch.FetchAsync(file, destination, WalTest.Cancellation));
            Assert.Equal(await File.ReadAllTextAsync(Path.Combine(folder, file), WalTest.Cancellation), await File.ReadAllTextAsync(destination, WalTest.Cancellation));
        }

        // The number is taken: another server's history of the same number is refused.
        await RefusedAsync(push, test, Path.Combine(folder, "00000002.history"), "1\t0/400000\ty\n"u8.ToArray());
        Assert.Equal([2u], (await test.ChainAsync()).Contested);
        Assert.DoesNotContain((await test.ChainAsync()).Timelines, t => t.SegmentCount > 0);
    }

    private static async Task RefusedAsync(WalPush push, WalTest test, string name, byte[] content)
    {
        var path = Path.Combine(test.Folder, name);
        await File.WriteAllBytesAsync(path, content, WalTest.Cancellation);
        await Assert.ThrowsAsync<TwiBackupException>(() => push.PushAsync(path, WalTest.Cancellation));
        File.Delete(path);
    }
}
