using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using TwiBackup.Stores;

namespace TwiBackup.Tests.Stores;

/// <summary>What only a store in a folder promises.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class FileObjectStoreTests
{
    private const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyFolder = OwnerOnlyFile | UnixFileMode.UserExecute;

    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] X = [(byte)'x'];

    [Fact]
    public async Task Files_are_0600_and_folders_0700()
    {
        await using var test = TestStores.NewFileStore();
        var store = (FileObjectStore)test.Store;
        await store.PutBytesAsync("a/b/c", X, PutCondition.IfAbsent, None);
        await store.PutBytesAsync("a/d", X, PutCondition.Replace, None);
        await store.SetTagsAsync("a/b/c", null, new Dictionary<string, string> { ["a"] = "b" }, None);
        using var lease = await store.LeaseAsync("restore", None);
        await using var upload = await store.CreateAsync("a/e", PutCondition.IfAbsent, None);

        var files = Directory.GetFiles(test.Root, "*", SearchOption.AllDirectories);
        var folders = Directory.GetDirectories(test.Root, "*", SearchOption.AllDirectories);

        Assert.Equal(5, files.Length);
        Assert.All(files, file => Assert.Equal(OwnerOnlyFile, File.GetUnixFileMode(file)));
        Assert.All(folders, folder => Assert.Equal(OwnerOnlyFolder, File.GetUnixFileMode(folder)));
    }

    [Fact]
    public async Task An_object_is_a_plain_file_at_its_key()
    {
        await using var test = TestStores.NewFileStore();
        await test.Store.PutBytesAsync("s/wal/x.zst.age", "bytes"u8.ToArray(), PutCondition.IfAbsent, None);

        Assert.Equal("bytes", await File.ReadAllTextAsync(Path.Combine(test.Root, "s/wal/x.zst.age")));
    }

    [Fact]
    public async Task A_writer_killed_at_any_byte_leaves_whole_objects_only()
    {
        for (var round = 0; round < 5; round++)
        {
            await using var test = TestStores.NewFileStore();
            using var child = TestChild.Start(WriteForever, test.Root);
            var committed = new List<string>();
            while (committed.Count < 3 + round * 7)
                committed.Add((await child.Output.ReadLineAsync())!);
            await child.KillAsync();
            committed.AddRange((await child.Output.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries));

            var visible = await test.Store.ListAsync("", null, None).Select(info => info.Key).ToListAsync();
            Assert.Subset(visible.ToHashSet(), committed.ToHashSet());
            foreach (var key in visible)
                Assert.Equal(ContentOf(key), await test.Store.ReadBytesAsync(key, 1 << 24, None));
        }
    }

    [Fact]
    public async Task A_writer_killed_before_its_commit_leaves_garbage_that_is_swept_after_two_days()
    {
        await using var test = TestStores.NewFileStore();
        using var child = TestChild.Start(WriteWithoutCommit, test.Root);
        Assert.Equal("written", await child.Output.ReadLineAsync());
        await child.KillAsync();
        var store = (FileObjectStore)test.Store;

        Assert.Empty(await store.ListAsync("", null, None).ToListAsync());
        var garbage = Assert.Single(Directory.GetFiles(Path.Combine(test.Root, ".twibackup/tmp")));
        Assert.Equal(0, await store.SweepAsync(None));
        File.SetLastWriteTimeUtc(garbage, DateTime.UtcNow.AddHours(-47));
        Assert.Equal(0, await store.SweepAsync(None));
        File.SetLastWriteTimeUtc(garbage, DateTime.UtcNow.AddHours(-49));
        Assert.Equal(1, await store.SweepAsync(None));
        Assert.Empty(Directory.GetFiles(Path.Combine(test.Root, ".twibackup/tmp")));
    }

    [Fact]
    public async Task A_lease_lasts_until_disposed()
    {
        await using var test = TestStores.NewFileStore();
        var store = (FileObjectStore)test.Store;
        Assert.Empty(await store.ActiveLeasesAsync(None));

        var first = await store.LeaseAsync("20261123T020000Z-9f3c", None);
        var second = await store.LeaseAsync("20261123T020000Z-9f3c", None);
        using var other = await store.LeaseAsync("other", None);
        Assert.Equal(["20261123T020000Z-9f3c", "other"], await store.ActiveLeasesAsync(None));
        first.Dispose();
        Assert.Equal(["20261123T020000Z-9f3c", "other"], await store.ActiveLeasesAsync(None));
        second.Dispose();
        second.Dispose();
        Assert.Equal(["other"], await store.ActiveLeasesAsync(None));
        Assert.Equal("other", other.Name);
        Assert.Empty(await store.ListAsync("", null, None).ToListAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData(".x")]
    [InlineData("a/b")]
    [InlineData("a~b")]
    public async Task A_lease_has_a_plain_name(string name)
    {
        await using var test = TestStores.NewFileStore();

        await Assert.ThrowsAsync<ArgumentException>(() => ((FileObjectStore)test.Store).LeaseAsync(name, None));
    }

    [Fact]
    public async Task A_lease_ends_with_its_holder_however_that_ends()
    {
        await using var test = TestStores.NewFileStore();
        var store = (FileObjectStore)test.Store;
        using var child = TestChild.Start(HoldLease, test.Root);
        Assert.Equal("held", await child.Output.ReadLineAsync());
        Assert.Equal(["restore"], await store.ActiveLeasesAsync(None));

        await child.KillAsync();

        Assert.Empty(await store.ActiveLeasesAsync(None));
        Assert.Empty(Directory.GetFiles(Path.Combine(test.Root, ".twibackup/leases")));
    }

    [Fact]
    public async Task Ten_thousand_sets_are_listed_within_two_seconds()
    {
        // In memory where there is such a folder: making 30,000 files is not what is measured.
        await using var test = TestStores.NewFileStore(Directory.Exists("/dev/shm") ? "/dev/shm" : null);
        await test.Store.PutBytesAsync("first", X, PutCondition.IfAbsent, None);
        for (var set = 0; set < 10_000; set++)
        {
            var folder = Directory.CreateDirectory(Path.Combine(test.Root, $"twi/database/full/{set:x8}")).FullName;
            foreach (var name in (string[])["manifest.json", "manifest.json.minisig", "base.0000.tar.zst.age"])
                await File.Create(Path.Combine(folder, name)).DisposeAsync();
        }

        // The best of three: other tests run beside this one.
        var (listing, folders) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        for (var time = 0; time < 3; time++)
        {
            var clock = Stopwatch.StartNew();
            Assert.Equal(30_000, await test.Store.ListAsync("twi/", null, None).CountAsync());
            listing = listing < clock.Elapsed ? listing : clock.Elapsed;
            clock.Restart();
            Assert.Equal(10_000, await test.Store.ListFoldersAsync("twi/database/full/", None).CountAsync());
            folders = folders < clock.Elapsed ? folders : clock.Elapsed;
        }
        Assert.InRange(listing, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.InRange(folders, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_listing_survives_deletes_while_it_runs()
    {
        await using var test = TestStores.NewFileStore();
        for (var number = 0; number < 300; number++)
        {
            var folder = Directory.CreateDirectory(Path.Combine(test.Root, $"s/{number:d3}"));
            await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "k"), X);
        }

        var seen = 0;
        await foreach (var info in test.Store.ListAsync("", null, None))
        {
            Assert.Equal(1, info.Length);
            if (seen++ == 0)
                Directory.Delete(Path.Combine(test.Root, "s/299"), recursive: true);
        }

        Assert.Equal(299, seen);
    }

    [Fact]
    public async Task Puts_and_deletes_in_one_folder_do_not_lose_each_other()
    {
        await using var test = TestStores.NewFileStore();

        await Parallel.ForEachAsync(Enumerable.Range(0, 8), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (writer, token) =>
        {
            for (var round = 0; round < 40; round++)
            {
                await test.Store.PutBytesAsync($"deep/er/{writer}", X, PutCondition.IfAbsent, token);
                Assert.NotNull(await test.Store.HeadAsync($"deep/er/{writer}", token));
                await test.Store.DeleteAsync($"deep/er/{writer}", null, token);
            }
        });

        Assert.False(Directory.Exists(Path.Combine(test.Root, "deep")));
    }

    [Fact]
    public async Task Links_are_no_objects()
    {
        await using var test = TestStores.NewFileStore();
        await test.Store.PutBytesAsync("real/k", X, PutCondition.IfAbsent, None);
        File.CreateSymbolicLink(Path.Combine(test.Root, "passwd"), "/etc/passwd");
        Directory.CreateSymbolicLink(Path.Combine(test.Root, "etc"), "/etc");

        Assert.Equal(["real/k"], await test.Store.ListAsync("", null, None).Select(info => info.Key).ToListAsync());
        Assert.Equal(["real/"], await test.Store.ListFoldersAsync("", None).ToListAsync());
        await Assert.ThrowsAsync<ObjectMissingException>(() => test.Store.OpenReadAsync("passwd", null, null, None));
    }

    [Fact]
    public async Task An_object_cannot_be_the_folder_of_another()
    {
        await using var test = TestStores.NewFileStore();
        await test.Store.PutBytesAsync("a/b", X, PutCondition.IfAbsent, None);

        await RefusedAsync("cannot be the folder of another", () => test.Store.PutBytesAsync("a", X, PutCondition.IfAbsent, None));
        await RefusedAsync("cannot be the folder of another", () => test.Store.PutBytesAsync("a", X, PutCondition.Replace, None));
        await RefusedAsync("cannot be the folder of another", () => test.Store.PutBytesAsync("a/b/c", X, PutCondition.IfAbsent, None));
        await test.Store.DeleteAsync("a", null, None);
        Assert.NotNull(await test.Store.HeadAsync("a/b", None));
    }

    [Fact]
    public async Task A_folder_that_does_not_exist_is_never_made()
    {
        var root = Path.Combine(Path.GetTempPath(), $"twibackup-none-{Guid.NewGuid():n}");
        await using var store = ObjectStoreFactory.Open($"file://{root}", new Dictionary<string, string>());

        foreach (var use in AllUses(store))
            await RefusedAsync($"{root} does not exist. Mount the disk", use);
        Assert.False(Directory.Exists(root));
    }

    [Fact]
    public async Task A_store_that_vanishes_never_looks_empty()
    {
        await using var test = TestStores.NewFileStore();
        await test.Store.PutBytesAsync("a/k", X, PutCondition.IfAbsent, None);
        // As when a disk is unmounted: the mount point stays, empty.
        Directory.Delete(test.Root, recursive: true);
        Directory.CreateDirectory(test.Root);

        foreach (var use in AllUses(test.Store))
            await RefusedAsync("", use);
        Assert.Empty(Directory.GetFileSystemEntries(test.Root));
    }

    [Fact]
    public async Task A_full_disk_is_said_in_one_line_and_leaves_nothing()
    {
        await using var test = TestStores.NewFileStore();
        await WithMountAsync(test.Root, "size=1m", async () =>
        {
            await test.Store.PutBytesAsync("small", new byte[1000], PutCondition.IfAbsent, None);
            await RefusedAsync(
                "has no space left while", () => test.Store.PutBytesAsync("large", new byte[4 << 20], PutCondition.IfAbsent, None));
            Assert.Equal(["small"], await test.Store.ListAsync("", null, None).Select(info => info.Key).ToListAsync());
            Assert.Empty(Directory.GetFiles(Path.Combine(test.Root, ".twibackup/tmp")));
            await test.Store.PutBytesAsync("after", new byte[1000], PutCondition.IfAbsent, None);
        });
    }

    [Fact]
    public async Task A_read_only_store_can_be_read()
    {
        await using var test = TestStores.NewFileStore();
        await WithMountAsync(test.Root, "size=1m", async () =>
        {
            await test.Store.PutBytesAsync("a/k", X, PutCondition.IfAbsent, None);
            await RunAsync("mount", "-o", "remount,ro", test.Root);
            await using var store = ObjectStoreFactory.Open(test.Url, test.Environment);

            Assert.Equal(X, await store.ReadBytesAsync("a/k", 10, None));
            Assert.Single(await store.ListAsync("", null, None).ToListAsync());
            Assert.InRange(await store.ReadClockAsync(None), DateTimeOffset.UtcNow.AddSeconds(-5), DateTimeOffset.UtcNow.AddSeconds(5));
            await RefusedAsync("is mounted read-only", () => store.PutBytesAsync("b", X, PutCondition.IfAbsent, None));
            await RefusedAsync("is mounted read-only", () => store.DeleteAsync("a/k", null, None));
        });
    }

    [Fact]
    public async Task A_folder_that_is_forbidden_is_named_with_the_user()
    {
        await using var test = TestStores.NewFileStore();
        await test.Store.PutBytesAsync("a/k", X, PutCondition.IfAbsent, None);
        var folder = Path.Combine(test.Root, "a");
        // Also root may not change an immutable folder.
        Assert.SkipUnless(Environment.IsPrivilegedProcess && await TryRunAsync("chattr", "+i", folder), "No immutable folders here.");
        try
        {
            await RefusedAsync(
                $"does not permit storing a/b to user {Environment.UserName}",
                () => test.Store.PutBytesAsync("a/b", X, PutCondition.IfAbsent, None));
        }
        finally
        {
            await RunAsync("chattr", "-i", folder);
        }
    }

    private static Func<Task>[] AllUses(IObjectStore store) =>
    [
        () => store.PutBytesAsync("a/new", X, PutCondition.IfAbsent, None),
        () => store.PutBytesAsync("new", X, PutCondition.Replace, None),
        () => store.HeadAsync("a/k", None),
        () => store.OpenReadAsync("a/k", null, null, None),
        async () => await store.ListAsync("", null, None).ToListAsync(),
        async () => await store.ListAsync("a/", null, None).ToListAsync(),
        async () => await store.ListFoldersAsync("", None).ToListAsync(),
        async () => await store.ListVersionsAsync("", None).ToListAsync(),
        () => store.GetTagsAsync("a/k", null, None),
        () => store.SetTagsAsync("a/k", null, new Dictionary<string, string>(), None),
        () => store.DeleteAsync("a/k", null, None),
        () => store.ReadClockAsync(None),
    ];

    private static async Task RefusedAsync(string reason, Func<Task> use)
    {
        var refused = await Assert.ThrowsAnyAsync<TwiBackupException>(use);
        Assert.IsType<TwiBackupException>(refused);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    private static async Task WithMountAsync(string folder, string options, Func<Task> use)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting needs root.");
        await RunAsync("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder);
        try
        {
            await use();
        }
        finally
        {
            await RunAsync("umount", folder);
        }
    }

    private static async Task RunAsync(string program, params string[] arguments) => Assert.True(await TryRunAsync(program, arguments));

    private static async Task<bool> TryRunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }

    private static async Task WriteForever(string[] arguments)
    {
        await using var store = new FileObjectStore(arguments[0]);
        for (var number = 0; ; number++)
        {
            var key = $"set-{number / 3}/{number}";
            var condition = number % 2 == 0 ? PutCondition.IfAbsent : PutCondition.Replace;
            await store.PutBytesAsync(key, ContentOf(key), condition, None);
            Console.WriteLine(key);
        }
    }

    private static async Task WriteWithoutCommit(string[] arguments)
    {
        await using var store = new FileObjectStore(arguments[0]);
        await using var upload = await store.CreateAsync("a/b", PutCondition.IfAbsent, None);
        await upload.WriteAsync(new byte[10 << 20], None);
        Console.WriteLine("written");
        await Task.Delay(Timeout.Infinite);
    }

    private static async Task HoldLease(string[] arguments)
    {
        await using var store = new FileObjectStore(arguments[0]);
        using var lease = await store.LeaseAsync("restore", None);
        Console.WriteLine("held");
        await Task.Delay(Timeout.Infinite);
    }

    /// <summary>From a byte to a few MiB, told by the key alone.</summary>
    private static byte[] ContentOf(string key)
    {
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes(key));
        var content = new byte[1 << (hash[0] % 23)];
        for (var position = 0; position < content.Length; position++)
            content[position] = hash[position % hash.Length];
        return content;
    }
}
