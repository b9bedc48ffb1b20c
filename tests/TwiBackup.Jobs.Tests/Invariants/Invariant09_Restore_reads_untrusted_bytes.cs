using System.Text;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Progress;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Invariants;

/// <summary>Archive entries cannot leave the target, sizes are the manifest's, a bad signature stops before anything is written.</summary>
public sealed class Invariant09_Restore_reads_untrusted_bytes : IAsyncDisposable
{
    private readonly TestStore store = TestStores.NewFileStore();
    private readonly string folder = TestEnvironment.Account.CreatePrivateDirectory("twi-untrusted-");
    private readonly SetCatalog catalog;

    public Invariant09_Restore_reads_untrusted_bytes() => catalog = new SetCatalog(store.Store, SampleSets.System, SampleSets.NewKeys());

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("../escaped", '0')]
    [InlineData("base/../../escaped", '0')]
    [InlineData("./../escaped", '0')]
    [InlineData("/tmp/twi-escaped", '0')]
    [InlineData("base//escaped", '0')]
    [InlineData("..", '5')]
    [InlineData("../escaped", '5')]
    [InlineData("pg_tblspc/1", '2')]
    [InlineData("link", '1')]
    [InlineData("device", '3')]
    [InlineData("fifo", '6')]
    [InlineData("long", 'L')]
    [InlineData("pax", 'x')]
    public async Task An_entry_that_no_base_backup_holds_is_refused_and_nothing_leaves_the_directory(string name, char type)
    {
        var set = await SampleSets.WriteAsync(catalog, SetKind.Full, ("base.0000.tar.zst.age", [.. Entry(name, type, "evil"u8), .. new byte[1024]]));
        var refused = await RestoreAsync(set);
        Assert.Contains(set.Manifest.Prefix + "base.0000.tar.zst.age", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["data"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName));
        Assert.Equal([RestoreTarget.MarkerName], Directory.EnumerateFileSystemEntries(Path.Combine(folder, "data")).Select(Path.GetFileName));
        Assert.False(File.Exists("/tmp/twi-escaped"));
    }

    [Fact]
    public async Task An_archive_cut_or_with_something_behind_its_end_is_refused()
    {
        var whole = (byte[])[.. Entry("PG_VERSION", '0', "15\n"u8), .. new byte[1024]];
        foreach (var bad in (byte[][])[whole[..700], whole[..1024], [.. whole, 1], [.. whole, .. Entry("late", '0', "x"u8)], [.. Enumerable.Repeat((byte)'x', 2048)]])
        {
            var set = await SampleSets.WriteAsync(catalog, SetKind.Full, ("base.0000.tar.zst.age", bad));
            await RestoreAsync(set);
            Directory.Delete(Path.Combine(folder, "data"), recursive: true);
        }
    }

    [Fact]
    public async Task A_set_without_control_file_or_label_is_refused()
    {
        var set = await SampleSets.WriteAsync(catalog, SetKind.Full, ("base.0000.tar.zst.age", [.. Entry("PG_VERSION", '0', "15\n"u8), .. new byte[1024]]));
        Assert.Contains("global/pg_control", (await RestoreAsync(set)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_bytes_than_the_manifest_lists_are_never_written()
    {
        // Signed lengths that are too small: what a bomb would need is that nobody counts.
        var content = (byte[])[.. Entry("big", '0', new byte[1 << 20]), .. new byte[1024]];
        var set = await SampleSets.WriteAsync(catalog, SetKind.Full, ("base.0000.tar.zst.age", content));
        var lying = set with { Manifest = set.Manifest with { Objects = [set.Manifest.Objects[0] with { PlainLength = 4096 }] } };
        await RestoreAsync(lying);
        var big = new FileInfo(Path.Combine(folder, "data", "big"));
        Assert.True(!big.Exists || big.Length <= 4096, $"{big.Length} bytes were written");
    }

    [Fact]
    public async Task A_bad_signature_stops_before_anything_is_written()
    {
        var set = await SampleSets.WriteAsync(catalog, SetKind.Full, ("base.0000.tar.zst.age", [.. Entry("PG_VERSION", '0', "15\n"u8), .. new byte[1024]]));
        var signature = Path.Combine(store.Root, set.Manifest.Prefix, CatalogKeys.SignatureName);
        var text = await File.ReadAllTextAsync(signature, CommandLine.Cancellation);
        await File.WriteAllTextAsync(signature, text.Replace("previous=none", "previous=other", StringComparison.Ordinal), CommandLine.Cancellation);
        await Assert.ThrowsAsync<TwiBackupException>(() => new RestorePlanner(catalog, TimeProvider.System).PlanAsync(RecoveryTarget.Latest, set.Id, CommandLine.Cancellation));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    private async Task<TwiBackupException> RestoreAsync(BackupSet set)
    {
        var data = Path.Combine(folder, "data");
        var target = RestoreTarget.Prepare(data, startOver: false, TestEnvironment.Account, set.Id);
        return await Assert.ThrowsAsync<TwiBackupException>(() =>
            new BaseRestore(catalog, TestEnvironment.Account, 1, SilentProgress.Instance).RestoreAsync(set, target.Path, CommandLine.Cancellation));
    }

    /// <summary>A ustar entry, padded.</summary>
    private static byte[] Entry(string name, char type, ReadOnlySpan<byte> content)
    {
        var hasContent = type is '0' or 'L' or 'x';
        var size = hasContent ? content.Length : 0;
        var entry = new byte[512 + ((size + 511) / 512 * 512)];
        Encoding.ASCII.GetBytes(name).CopyTo(entry, 0);
        "0000600\0"u8.CopyTo(entry.AsSpan(100));
        Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0') + " ").CopyTo(entry, 124);
        entry[156] = (byte)type;
        if (type is '1' or '2')
            "/etc/passwd"u8.CopyTo(entry.AsSpan(157));
        "ustar\000"u8.CopyTo(entry.AsSpan(257));
        entry.AsSpan(148, 8).Fill((byte)' ');
        var sum = 0;
        for (var i = 0; i < 512; i++)
            sum += entry[i];
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(entry, 148);
        if (hasContent)
            content.CopyTo(entry.AsSpan(512));
        return entry;
    }
}
