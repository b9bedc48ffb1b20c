using System.Text.Json;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Database;

namespace TwiBackup.Tests.Attacks.Decisions;

/// <summary>What a measured backup must not leave out: its WAL, a checksum of each file, and the pages' own checksums.</summary>
public sealed class Decision20_A_full_is_checked_and_whole_when_the_clock_stops
{
    [Fact]
    public async Task Its_WAL_lies_in_it_to_the_last_byte_and_each_file_has_a_checksum()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows as select generate_series(1, 1000) id");
        var set = await source.BackUpAsync();
        using var manifest = JsonDocument.Parse(await SampleSets.ReadAsync(source.Catalog, set, FullBackup.BackupManifestName));
        var files = manifest.RootElement.GetProperty("Files").EnumerateArray().ToList();
        Assert.True(files.Count > 500);
        Assert.All(files, file => Assert.Equal("CRC32C", file.GetProperty("Checksum-Algorithm").GetString()));
        var range = Assert.Single(manifest.RootElement.GetProperty("WAL-Ranges").EnumerateArray());
        Assert.Equal(set.StartLsn, Lsn.Parse(range.GetProperty("Start-LSN").GetString()!));
        Assert.Equal(set.StopLsn, Lsn.Parse(range.GetProperty("End-LSN").GetString()!));
        for (var segment = WalSegment.Containing(set.StartLsn, 1, 1 << 20); segment.Start < set.StopLsn; segment = segment.Next)
        {
            var ours = await SampleSets.ReadAsync(source.Catalog, set, $"wal/{segment.Name}.zst.age");
            var theirs = await File.ReadAllBytesAsync(Path.Combine(source.Server.DataDirectory, "pg_wal", segment.Name), BackedUpServer.Cancellation);
            var length = (int)Math.Min(1 << 20, set.StopLsn - segment.Start);
            Assert.True(ours.AsSpan(0, length).SequenceEqual(theirs.AsSpan(0, length)), segment.Name);
        }
    }

    [Fact]
    public async Task A_server_that_ignores_its_checksums_does_not_have_ours_ignored()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync(
            "create table rows as select generate_series(1, 1000) id", "checkpoint", "alter system set ignore_checksum_failure = on", "alter system set zero_damaged_pages = on");
        await source.CorruptAsync("rows");
        var refused = await Assert.ThrowsAnyAsync<TwiBackupException>(() => source.BackUpAsync());
        Assert.Contains("checksum", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await source.Catalog.ListIdsAsync(SetKind.Full, BackedUpServer.Cancellation));
    }
}
