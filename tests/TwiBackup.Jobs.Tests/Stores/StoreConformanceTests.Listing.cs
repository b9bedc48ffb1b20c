using System.Text;
using TwiBackup.Stores;

namespace TwiBackup.Tests.Stores;

// Listing: keys, folders, pages.
public sealed partial class StoreConformanceTests
{
    [Theory, MemberData(nameof(Backends))]
    public async Task A_prefix_that_begins_no_key_is_refused(string backend)
    {
        await using var test = await OpenAsync(backend);
        foreach (var prefix in (string[])["../", ".twibackup/", "a//", "/", "a/../b"])
        {
            await Assert.ThrowsAsync<TwiBackupException>(() => KeysAsync(test.Store, prefix));
            await Assert.ThrowsAsync<TwiBackupException>(async () => await test.Store.ListFoldersAsync(prefix, None).ToListAsync());
            await Assert.ThrowsAsync<TwiBackupException>(async () => await test.Store.ListVersionsAsync(prefix, None).ToListAsync());
        }
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task Keys_of_every_printable_character_come_back(string backend)
    {
        await using var test = await OpenAsync(backend);
        var letters = Enumerable.Range(' ', 95).Select(letter => (char)letter).Where(letter => letter != '/');
        string[] keys = [.. letters.Select(letter => $"x{letter}y/k{letter}"), LongKey(900)];
        foreach (var key in keys)
            await test.Store.PutBytesAsync(key, Encoding.ASCII.GetBytes(key), PutCondition.IfAbsent, None);

        Assert.Equal(keys.Order(StringComparer.Ordinal), await KeysAsync(test.Store, ""));
        foreach (var key in keys)
        {
            Assert.Equal(key, Encoding.ASCII.GetString(await test.Store.ReadBytesAsync(key, 1000, None)));
            Assert.Equal([key], await KeysAsync(test.Store, key));
        }
        var ofVersions = await test.Store.ListVersionsAsync("", None).Select(version => version.Key).ToListAsync();
        Assert.Equal(keys.Order(StringComparer.Ordinal), ofVersions);
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task A_listing_is_in_ordinal_order_of_whole_keys(string backend)
    {
        await using var test = await OpenAsync(backend);
        string[] keys =
        [
            "a", "b!", "b-", "b-/x", "b.", "b./x", "b.x", "b/x", "b/x-", "b/x/y", "b0", "bA", "ba", "b_", "B/z",
            "c/a/b", "c/a-b", "c/a.b", "c/a0b", "c~",
        ];
        // Where one backend cannot have an object that is also a folder, it has neither.
        var usable = keys.Where(key => !keys.Any(other => other.StartsWith(key + "/", StringComparison.Ordinal))).ToArray();
        foreach (var key in usable.Reverse())
            await test.Store.PutBytesAsync(key, Encoding.ASCII.GetBytes(key), PutCondition.IfAbsent, None);
        var sorted = usable.Order(StringComparer.Ordinal).ToArray();

        Assert.Equal(sorted, await KeysAsync(test.Store, ""));
        foreach (var prefix in (string[])["b", "b/", "b-", "b.", "b/x", "b/x/", "c/a", "c/a-b", "c/a-bx", "zzz", "a", "B"])
            Assert.Equal(sorted.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)), await KeysAsync(test.Store, prefix));
        foreach (var startAfter in (string[])[.. keys, "A", "b", "b/w", "b/x/z", "c/a", "~", " "])
        {
            Assert.Equal(sorted.Where(key => string.CompareOrdinal(key, startAfter) > 0), await KeysAsync(test.Store, "", startAfter));
            Assert.Equal(
                sorted.Where(key => key.StartsWith("b/", StringComparison.Ordinal) && string.CompareOrdinal(key, startAfter) > 0),
                await KeysAsync(test.Store, "b/", startAfter));
        }
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task A_listing_tells_length_and_time(string backend)
    {
        await using var test = await OpenAsync(backend);
        await test.Store.PutBytesAsync("a/b", new byte[1234], PutCondition.IfAbsent, None);

        var listed = Assert.Single(await test.Store.ListAsync("", null, None).ToListAsync());

        // HEAD knows seconds, a listing of some servers milliseconds.
        var head = await test.Store.HeadAsync("a/b", None);
        Assert.Equal(("a/b", 1234), (listed.Key, listed.Length));
        Assert.InRange(listed.Modified - head!.Modified, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task A_listing_of_many_pages_is_whole(string backend)
    {
        await using var test = await OpenAsync(backend);
        var keys = Enumerable.Range(0, 2_500).Select(number => $"wal/15-1/00000001/{number:x24}").ToArray();
        await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (key, token) =>
            await test.Store.PutBytesAsync(key, "x"u8.ToArray(), PutCondition.Replace, token));

        Assert.Equal(keys, await KeysAsync(test.Store, ""));
        Assert.Equal(keys[1_234..], await KeysAsync(test.Store, "wal/", keys[1_233]));
        Assert.Equal(keys, (await test.Store.ListVersionsAsync("wal/15-1/", None).ToListAsync()).Select(version => version.Key));
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task Folders_are_the_first_level_below_a_prefix(string backend)
    {
        await using var test = await OpenAsync(backend);
        string[] keys =
        [
            "top", "s/full/2/manifest", "s/full/2/base", "s/full/10/wal/x", "s/full/1/manifest", "s/full-x/1/k", "s/wal/k", "s/file",
        ];
        foreach (var key in keys)
            await test.Store.PutBytesAsync(key, "x"u8.ToArray(), PutCondition.IfAbsent, None);

        Assert.Equal(["s/"], await test.Store.ListFoldersAsync("", None).ToListAsync());
        Assert.Equal(["full-x/", "full/", "wal/"], await test.Store.ListFoldersAsync("s/", None).ToListAsync());
        Assert.Equal(["1/", "10/", "2/"], await test.Store.ListFoldersAsync("s/full/", None).ToListAsync());
        Assert.Equal(["full-x/", "full/"], await test.Store.ListFoldersAsync("s/fu", None).ToListAsync());
        Assert.Equal(["1/", "10/"], await test.Store.ListFoldersAsync("s/full/1", None).ToListAsync());
        Assert.Empty(await test.Store.ListFoldersAsync("s/full/2/", None).ToListAsync());
        Assert.Empty(await test.Store.ListFoldersAsync("none/", None).ToListAsync());
        Assert.Empty(await test.Store.ListFoldersAsync("s/file/", None).ToListAsync());
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task A_folder_goes_with_its_last_object(string backend)
    {
        await using var test = await OpenAsync(backend);
        await test.Store.PutBytesAsync("s/full/1/a", "x"u8.ToArray(), PutCondition.IfAbsent, None);
        await test.Store.PutBytesAsync("s/full/1/b", "x"u8.ToArray(), PutCondition.IfAbsent, None);

        await test.Store.DeleteAsync("s/full/1/a", null, None);
        Assert.Equal(["1/"], await test.Store.ListFoldersAsync("s/full/", None).ToListAsync());
        await test.Store.DeleteAsync("s/full/1/b", null, None);
        Assert.Empty(await test.Store.ListFoldersAsync("s/full/", None).ToListAsync());
        Assert.Empty(await test.Store.ListFoldersAsync("", None).ToListAsync());

        await test.Store.PutBytesAsync("s/full/1/a", "y"u8.ToArray(), PutCondition.IfAbsent, None);
        Assert.Equal(["s/full/1/a"], await KeysAsync(test.Store, ""));
    }
}
