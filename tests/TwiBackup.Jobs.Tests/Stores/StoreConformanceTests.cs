using System.Security.Cryptography;
using System.Text;
using TwiBackup.Stores;

namespace TwiBackup.Tests.Stores;

/// <summary>Every promise of <see cref="IObjectStore"/>, held against every backend.</summary>
public sealed partial class StoreConformanceTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    public static TheoryData<string> Backends => ["file", "s3"];

    public static TheoryData<string, string> BadKeys
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var backend in (string[])["file", "s3"])
            {
                string[] keys =
                [
                    "", "/a", "a/", "a//b", "../a", "a/../b", ".", ".hidden", "a/.twibackup", "ä", "a\nb", "a\0b",
                    new('x', 256), LongKey(901),
                ];
                foreach (var key in keys)
                    data.Add(backend, key);
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task An_object_is_read_as_it_was_written(string backend)
    {
        await using var test = await OpenAsync(backend);
        var bytes = RandomNumberGenerator.GetBytes(300_000);

        var info = await test.Store.PutBytesAsync("database/full/1/base.0000", bytes, PutCondition.IfAbsent, None);

        Assert.Equal(bytes, await test.Store.ReadBytesAsync("database/full/1/base.0000", bytes.Length, None));
        Assert.Equal(("database/full/1/base.0000", 300_000), (info.Key, info.Length));
        var head = await test.Store.HeadAsync("database/full/1/base.0000", None);
        Assert.Equal(300_000, head!.Length);
        Assert.InRange(head.Modified, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.Equal(TimeSpan.Zero, head.Modified.Offset);
        Assert.InRange(info.Modified, head.Modified.AddSeconds(-5), head.Modified.AddSeconds(5));
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task An_object_written_in_pieces_of_every_size_is_read_whole(string backend)
    {
        await using var test = await OpenAsync(backend);
        var bytes = RandomNumberGenerator.GetBytes(5_000_000);
        await using var upload = await test.Store.CreateAsync("k", PutCondition.IfAbsent, None);
        var position = 0;
        foreach (var size in (int[])[1, 0, 10, 16_000, 500, 2_000_000, 70_000, 1 << 20, 3, 1_100_000])
        {
            await upload.WriteAsync(bytes.AsMemory(position, size), None);
            position += size;
        }
        await upload.WriteAsync(bytes.AsMemory(position), None);
        await upload.CommitAsync(None);

        Assert.Equal(bytes, await test.Store.ReadBytesAsync("k", bytes.Length, None));
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task An_empty_object_is_an_object(string backend)
    {
        await using var test = await OpenAsync(backend);

        await test.Store.PutBytesAsync("empty", Array.Empty<byte>(), PutCondition.IfAbsent, None);

        Assert.Equal(0, (await test.Store.HeadAsync("empty", None))!.Length);
        Assert.Empty(await test.Store.ReadBytesAsync("empty", 10, None));
        Assert.Equal(["empty"], await KeysAsync(test.Store, ""));
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task An_object_of_several_parts_is_read_whole(string backend)
    {
        await using var test = await OpenAsync(backend);
        var bytes = RandomNumberGenerator.GetBytes(40 << 20);

        await using (var upload = await test.Store.CreateAsync("large", PutCondition.IfAbsent, None))
        {
            for (var position = 0; position < bytes.Length; position += 1 << 20)
                await upload.WriteAsync(bytes.AsMemory(position, 1 << 20), None);
            Assert.Null(await test.Store.HeadAsync("large", None));
            Assert.Equal(bytes.Length, (await upload.CommitAsync(None)).Length);
        }

        await using var read = await test.Store.OpenReadAsync("large", null, null, None);
        Assert.Equal(SHA256.HashData(bytes), await SHA256.HashDataAsync(read, None));
        Assert.Equal(bytes.Length, (await test.Store.HeadAsync("large", None))!.Length);
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task Nothing_is_visible_before_the_commit(string backend)
    {
        await using var test = await OpenAsync(backend);
        await using var upload = await test.Store.CreateAsync("a/b", PutCondition.IfAbsent, None);
        await upload.WriteAsync(new byte[100_000], None);

        Assert.Null(await test.Store.HeadAsync("a/b", None));
        await Assert.ThrowsAsync<ObjectMissingException>(() => test.Store.OpenReadAsync("a/b", null, null, None));
        Assert.Empty(await KeysAsync(test.Store, ""));
        Assert.Empty(await test.Store.ListFoldersAsync("", None).ToListAsync());
        Assert.Empty(await test.Store.ListVersionsAsync("", None).ToListAsync());

        await upload.CommitAsync(None);
        Assert.Equal(100_000, (await test.Store.HeadAsync("a/b", None))!.Length);
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task An_upload_disposed_without_commit_leaves_nothing(string backend)
    {
        await using var test = await OpenAsync(backend);
        foreach (var size in (int[])[0, 1000, 20 << 20])
        {
            await using var upload = await test.Store.CreateAsync("a/b", PutCondition.IfAbsent, None);
            await upload.WriteAsync(new byte[size], None);
        }

        Assert.Null(await test.Store.HeadAsync("a/b", None));
        Assert.Empty(await test.Store.ListVersionsAsync("", None).ToListAsync());
        await AssertNoGarbageAsync(test);
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task A_cancelled_upload_leaves_nothing(string backend)
    {
        await using var test = await OpenAsync(backend);
        using var cancelled = new CancellationTokenSource();
        await using (var upload = await test.Store.CreateAsync("a", PutCondition.IfAbsent, cancelled.Token))
        {
            await upload.WriteAsync(new byte[40 << 20], cancelled.Token);
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await upload.WriteAsync(new byte[9], cancelled.Token));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload.CommitAsync(cancelled.Token));
        }

        Assert.Null(await test.Store.HeadAsync("a", None));
        await AssertNoGarbageAsync(test);
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task Nothing_can_be_written_after_the_commit(string backend)
    {
        await using var test = await OpenAsync(backend);
        await using var upload = await test.Store.CreateAsync("a", PutCondition.IfAbsent, None);
        await upload.CommitAsync(None);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await upload.WriteAsync(new byte[1], None));
        await Assert.ThrowsAsync<InvalidOperationException>(() => upload.CommitAsync(None));
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task A_taken_key_is_not_overwritten(string backend)
    {
        await using var test = await OpenAsync(backend);
        await test.Store.PutBytesAsync("k", "first"u8.ToArray(), PutCondition.IfAbsent, None);

        var small = await Assert.ThrowsAsync<ObjectExistsException>(
            () => test.Store.PutBytesAsync("k", "other"u8.ToArray(), PutCondition.IfAbsent, None));
        var large = await Assert.ThrowsAsync<ObjectExistsException>(
            () => test.Store.PutBytesAsync("k", new byte[20 << 20], PutCondition.IfAbsent, None));

        Assert.Equal("k", small.Key);
        Assert.StartsWith(test.Store.Location + "/k ", large.Message, StringComparison.Ordinal);
        Assert.Equal("first"u8.ToArray(), await test.Store.ReadBytesAsync("k", 100, None));
        Assert.Single(await test.Store.ListVersionsAsync("", None).ToListAsync());
        await AssertNoGarbageAsync(test);
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task The_same_bytes_put_by_another_are_still_another_put(string backend)
    {
        await using var test = await OpenAsync(backend);
        await test.Store.PutBytesAsync("k", "same"u8.ToArray(), PutCondition.IfAbsent, None);

        Assert.False(await test.Store.TryPutBytesAsync("k", "same"u8.ToArray(), None));
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task Of_many_writers_of_one_key_exactly_one_wins(string backend)
    {
        await using var test = await OpenAsync(backend);
        for (var round = 0; round < 5; round++)
        {
            var key = $"race/{round}";
            var uploads = new List<ObjectUpload>();
            for (var writer = 0; writer < 8; writer++)
            {
                var upload = await test.Store.CreateAsync(key, PutCondition.IfAbsent, None);
                await upload.WriteAsync(Encoding.ASCII.GetBytes($"writer {writer}"), None);
                uploads.Add(upload);
            }

            var won = await Task.WhenAll(uploads.Select(async upload =>
            {
                try
                {
                    await upload.CommitAsync(None);
                    return true;
                }
                catch (ObjectExistsException)
                {
                    return false;
                }
            }));
            foreach (var upload in uploads)
                await upload.DisposeAsync();

            var winner = Assert.Single(Enumerable.Range(0, 8), writer => won[writer]);
            Assert.Equal($"writer {winner}", Encoding.ASCII.GetString(await test.Store.ReadBytesAsync(key, 100, None)));
            Assert.Single(await test.Store.ListVersionsAsync(key, None).ToListAsync());
        }
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task Replace_takes_the_place_of_what_was_there(string backend)
    {
        await using var test = await OpenAsync(backend);
        await test.Store.PutBytesAsync("k", "first"u8.ToArray(), PutCondition.Replace, None);
        await using var before = await test.Store.OpenReadAsync("k", null, null, None);
        await test.Store.PutBytesAsync("k", "second one"u8.ToArray(), PutCondition.Replace, None);

        Assert.Equal("second one"u8.ToArray(), await test.Store.ReadBytesAsync("k", 100, None));
        Assert.Equal(10, (await test.Store.HeadAsync("k", None))!.Length);
        Assert.Equal("first", await new StreamReader(before).ReadToEndAsync());
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task Any_range_can_be_read(string backend)
    {
        await using var test = await OpenAsync(backend);
        var bytes = RandomNumberGenerator.GetBytes(100_000);
        await test.Store.PutBytesAsync("k", bytes, PutCondition.IfAbsent, None);

        (long, long?)[] ranges =
        [
            (0, null), (0, 1), (0, 100_000), (99_999, 1), (99_999, null), (500, 70_000), (50_000, 1_000_000),
            (0, 0), (10, 0), (100_000, null), (100_000, 5), (200_000, null),
        ];
        foreach (var (offset, length) in ranges)
        {
            await using var read = await test.Store.OpenReadAsync("k", new ReadRange(offset, length), null, None);
            var got = new MemoryStream();
            await read.CopyToAsync(got, None);
            Assert.Equal(bytes.Skip((int)offset).Take((int)(length ?? 1_000_000)), got.ToArray());
        }
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => test.Store.OpenReadAsync("k", new ReadRange(-1), null, None));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => test.Store.OpenReadAsync("k", new ReadRange(0, -1), null, None));
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task What_is_not_there_is_said_to_be_missing(string backend)
    {
        await using var test = await OpenAsync(backend);
        await test.Store.PutBytesAsync("folder/k", "x"u8.ToArray(), PutCondition.IfAbsent, None);

        foreach (var key in (string[])["none", "folder", "folder/none", "no/such/folder"])
        {
            Assert.Null(await test.Store.HeadAsync(key, None));
            var missing = await Assert.ThrowsAsync<ObjectMissingException>(() => test.Store.OpenReadAsync(key, null, null, None));
            Assert.Equal(key, missing.Key);
            Assert.StartsWith($"{test.Store.Location}/{key} ", missing.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<ObjectMissingException>(() => test.Store.OpenReadAsync(key, new ReadRange(0, 0), null, None));
            await Assert.ThrowsAsync<ObjectMissingException>(() => test.Store.OpenReadAsync(key, null, "nosuchversion", None));
            await Assert.ThrowsAsync<ObjectMissingException>(() => test.Store.GetTagsAsync(key, null, None));
            await Assert.ThrowsAsync<ObjectMissingException>(() => test.Store.SetTagsAsync(key, null, Tags(("a", "b")), None));
            Assert.Null(await test.Store.TryReadBytesAsync(key, 10, None));
        }
        await Assert.ThrowsAsync<ObjectMissingException>(() => test.Store.OpenReadAsync("folder/k", null, "nosuchversion", None));
        await Assert.ThrowsAsync<ObjectMissingException>(() => test.Store.GetTagsAsync("folder/k", "nosuchversion", None));
        await Assert.ThrowsAsync<ObjectMissingException>(() => test.Store.SetTagsAsync("folder/k", "nosuchversion", Tags(("a", "b")), None));
    }

    [Theory, MemberData(nameof(BadKeys))]
    public async Task A_key_that_is_none_is_refused_in_one_line(string backend, string key)
    {
        await using var test = await OpenAsync(backend);

        foreach (var use in (Func<Task>[])
            [
                () => test.Store.CreateAsync(key, PutCondition.IfAbsent, None),
                () => test.Store.OpenReadAsync(key, null, null, None),
                () => test.Store.HeadAsync(key, None),
                () => test.Store.DeleteAsync(key, null, None),
                () => test.Store.GetTagsAsync(key, null, None),
            ])
        {
            var refused = await Assert.ThrowsAsync<TwiBackupException>(use);
            Assert.Contains("cannot be an object's key", refused.Message, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task Objects_are_put_and_read_at_the_same_time(string backend)
    {
        await using var test = await OpenAsync(backend);

        await Parallel.ForEachAsync(Enumerable.Range(0, 64), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, token) =>
        {
            var bytes = new byte[number * 20_000];
            Array.Fill(bytes, (byte)number);
            await test.Store.PutBytesAsync($"set/{number % 4}/{number}", bytes, PutCondition.IfAbsent, token);
            Assert.Equal(bytes, await test.Store.ReadBytesAsync($"set/{number % 4}/{number}", bytes.Length, token));
        });

        Assert.Equal(64, (await KeysAsync(test.Store, "set/")).Count);
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task The_stores_clock_is_told(string backend)
    {
        await using var test = await OpenAsync(backend);

        Assert.InRange(await test.Store.ReadClockAsync(None), DateTimeOffset.UtcNow.AddSeconds(-3), DateTimeOffset.UtcNow.AddSeconds(3));
        Assert.Empty(await KeysAsync(test.Store, ""));
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task Reading_more_than_allowed_is_refused(string backend)
    {
        await using var test = await OpenAsync(backend);
        await test.Store.PutBytesAsync("k", new byte[200_000], PutCondition.IfAbsent, None);

        Assert.Equal(200_000, (await test.Store.ReadBytesAsync("k", 200_000, None)).Length);
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => test.Store.ReadBytesAsync("k", 199_999, None));
        Assert.Contains("199999", refused.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task A_cancelled_call_is_cancelled(string backend)
    {
        await using var test = await OpenAsync(backend);
        await test.Store.PutBytesAsync("k", new byte[10], PutCondition.IfAbsent, None);
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test.Store.HeadAsync("k", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test.Store.CreateAsync("k", PutCondition.IfAbsent, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test.Store.OpenReadAsync("k", null, null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await test.Store.ListAsync("", null, cancelled).ToListAsync());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test.Store.DeleteAsync("k", null, cancelled));
        Assert.NotNull(await test.Store.HeadAsync("k", None));
    }

    [Theory, MemberData(nameof(Backends))]
    public async Task A_store_opened_again_holds_what_was_put(string backend)
    {
        await using var test = await OpenAsync(backend);
        await test.Store.PutBytesAsync("a/k", "x"u8.ToArray(), PutCondition.IfAbsent, None);

        await using var again = ObjectStoreFactory.Open(test.Url, test.Environment);

        Assert.Equal("x"u8.ToArray(), await again.ReadBytesAsync("a/k", 10, None));
        Assert.Equal(test.Store.Location, again.Location);
        Assert.StartsWith(again.Location, test.Url, StringComparison.Ordinal);
    }

    private static async Task<TestStore> OpenAsync(string backend) =>
        backend == "file" ? TestStores.NewFileStore() : await TestStores.NewS3StoreAsync();

    private static string LongKey(int length) =>
        string.Join('/', Enumerable.Repeat(new string('x', 99), 9)) + new string('z', length - 899);

    private static async Task<List<string>> KeysAsync(IObjectStore store, string prefix, string? startAfter = null) =>
        await store.ListAsync(prefix, startAfter, None).Select(info => info.Key).ToListAsync();

    private static Dictionary<string, string> Tags(params (string Name, string Value)[] tags) =>
        tags.ToDictionary(tag => tag.Name, tag => tag.Value);

    /// <summary>No temporary file, no upload under way.</summary>
    private static async Task AssertNoGarbageAsync(TestStore test)
    {
        if (test.Store is FileObjectStore)
        {
            Assert.Empty(Directory.GetFiles(Path.Combine(test.Root, ".twibackup", "tmp")));
            return;
        }
        using var client = await TestStores.NewClientAsync("owner");
        var uploads = await client.ListMultipartUploadsAsync(new Amazon.S3.Model.ListMultipartUploadsRequest { BucketName = test.Bucket });
        Assert.Empty(uploads.MultipartUploads ?? []);
    }
}
