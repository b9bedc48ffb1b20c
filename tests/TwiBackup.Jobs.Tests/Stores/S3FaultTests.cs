using System.Security.Cryptography;
using TwiBackup.Stores;
using static TwiBackup.Tests.Stores.S3Faults;

namespace TwiBackup.Tests.Stores;

/// <summary>The network and the server fail in every way; the store either does what it promised or says why not, in one line.</summary>
public sealed class S3FaultTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] X = [(byte)'x'];

    public static TheoryData<bool> Versioned => [true, false];

    [Theory, MemberData(nameof(Versioned))]
    public async Task A_put_whose_answer_got_lost_is_ones_own(bool versioned)
    {
        await using var test = await TestStores.NewS3StoreAsync(versioned);
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test);
        proxy.LoseAnswer("PUT /");

        await store.PutBytesAsync("k", "mine"u8.ToArray(), PutCondition.IfAbsent, None);

        Assert.Equal(0, proxy.Armed);
        Assert.Equal("mine"u8.ToArray(), await test.Store.ReadBytesAsync("k", 10, None));
        Assert.Single(await test.Store.ListVersionsAsync("", None).ToListAsync());
        Assert.False(await store.TryPutBytesAsync("k", "mine"u8.ToArray(), None));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_decides_as_amazon_does_refuses_ones_own_retry_and_that_is_recognised(bool mayRead)
    {
        // Without versions radosgw enforces If-None-Match on puts, and nothing else is asked of it before.
        await using var test = await TestStores.NewS3StoreAsync(versioned: false);
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test, amazon: true);
        proxy.LoseAnswer("PUT /");
        if (!mayRead)
            proxy.Answer("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "HEAD /");

        await store.PutBytesAsync("k", "mine"u8.ToArray(), PutCondition.IfAbsent, None);

        Assert.Equal(0, proxy.Armed);
        Assert.Equal(mayRead ? ["PUT", "PUT", "HEAD"] : ["PUT", "PUT", "HEAD", "GET"], proxy.Requests.Select(line => line.Split(' ')[0]));
        await Assert.ThrowsAsync<ObjectExistsException>(() => store.PutBytesAsync("k", "mine"u8.ToArray(), PutCondition.IfAbsent, None));
    }

    [Fact]
    public async Task A_conflict_of_two_puts_is_tried_again()
    {
        await using var test = await TestStores.NewS3StoreAsync(versioned: false);
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test, amazon: true);
        // The put was done and its answer got lost; the retry meets a conflict, then is refused.
        proxy.Answer(Xml("409 Conflict", "<Error><Code>ConditionalRequestConflict</Code></Error>"), "PUT /");

        await store.PutBytesAsync("k", "mine"u8.ToArray(), PutCondition.IfAbsent, None);

        Assert.Equal(["PUT", "PUT", "HEAD"], proxy.Requests.Select(line => line.Split(' ')[0]));
        Assert.Equal("mine"u8.ToArray(), await test.Store.ReadBytesAsync("k", 10, None));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_put_that_never_arrived_does_not_claim_another_s_object(bool amazon)
    {
        await using var test = await TestStores.NewS3StoreAsync(versioned: false);
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test, amazon);
        // The first attempt is lost on its way, and meanwhile another takes the key with as many bytes.
        proxy.DropRequest("PUT /", () => test.Store.PutBytesAsync("k", "them"u8.ToArray(), PutCondition.IfAbsent, None));

        await Assert.ThrowsAsync<ObjectExistsException>(() => store.PutBytesAsync("k", "mine"u8.ToArray(), PutCondition.IfAbsent, None));

        Assert.Equal(0, proxy.Armed);
        Assert.Equal("them"u8.ToArray(), await test.Store.ReadBytesAsync("k", 10, None));
    }

    [Fact]
    public async Task A_request_that_never_arrived_is_made_again()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test);
        foreach (var method in (string[])["PUT /", "HEAD /", "GET /", "DELETE /"])
            proxy.DropRequest(method);

        await store.PutBytesAsync("k", "mine"u8.ToArray(), PutCondition.IfAbsent, None);
        Assert.NotNull(await store.HeadAsync("k", None));
        Assert.Single(await store.ListAsync("", null, None).ToListAsync());
        await store.DeleteAsync("k", null, None);

        Assert.Equal(0, proxy.Armed);
        Assert.Empty(await store.ListAsync("", null, None).ToListAsync());
    }

    [Theory, MemberData(nameof(Versioned))]
    public async Task A_completion_whose_answer_got_lost_is_ones_own(bool versioned)
    {
        await using var test = await TestStores.NewS3StoreAsync(versioned);
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test);
        var bytes = RandomNumberGenerator.GetBytes(12 << 20);
        proxy.LoseAnswer("?uploadId=");

        await using (var upload = await store.CreateAsync("k", PutCondition.IfAbsent, None))
        {
            await upload.WriteAsync(bytes, None);
            await upload.CommitAsync(None);
        }

        Assert.Equal(bytes, await test.Store.ReadBytesAsync("k", bytes.Length, None));
        Assert.Single(await test.Store.ListVersionsAsync("", None).ToListAsync());
    }

    [Fact]
    public async Task An_upload_survives_every_fault_in_turn()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test, patience: 3);
        var bytes = RandomNumberGenerator.GetBytes(33 << 20);
        proxy.LoseAnswer("?uploads");
        proxy.Answer(Busy, "partNumber=1&");
        proxy.LoseAnswer("partNumber=2&");
        proxy.FallSilent(0, "partNumber=3&");
        proxy.CutAnswer(10, "partNumber=4&");
        proxy.Answer("HTTP/1.1 500 Oops\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "partNumber=5&");

        await using (var upload = await store.CreateAsync("k", PutCondition.IfAbsent, None))
        {
            for (var position = 0; position < bytes.Length; position += 1 << 20)
                await upload.WriteAsync(bytes.AsMemory(position, 1 << 20), None);
            await upload.CommitAsync(None);
        }

        Assert.Equal(0, proxy.Armed);
        Assert.Equal(SHA256.HashData(bytes), SHA256.HashData(await test.Store.ReadBytesAsync("k", bytes.Length, None)));
    }

    [Fact]
    public async Task A_read_goes_on_where_it_was_cut()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test, patience: 3);
        var bytes = RandomNumberGenerator.GetBytes(8 << 20);
        await test.Store.PutBytesAsync("k", bytes, PutCondition.IfAbsent, None);
        proxy.CutAnswer(1_000_000);
        proxy.CutAnswer(100);
        proxy.CutAnswer(3_000_000);
        proxy.FallSilent(500_000);
        proxy.Answer(Busy);

        var read = await store.ReadBytesAsync("k", bytes.Length, None);

        Assert.Equal(0, proxy.Armed);
        Assert.Equal(bytes, read);
        Assert.Equal(6, proxy.Requests.Count);
    }

    [Fact]
    public async Task A_range_that_is_cut_ends_where_it_should()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test);
        var bytes = RandomNumberGenerator.GetBytes(3 << 20);
        await test.Store.PutBytesAsync("k", bytes, PutCondition.IfAbsent, None);
        proxy.CutAnswer(700_000);
        proxy.CutAnswer(700_000);

        await using var read = await store.OpenReadAsync("k", new ReadRange(1000, 2_000_000), null, None);
        var got = new MemoryStream();
        await read.CopyToAsync(got, None);

        Assert.Equal(0, proxy.Armed);
        Assert.Equal(bytes[1000..2_001_000], got.ToArray());
    }

    [Theory, MemberData(nameof(Versioned))]
    public async Task An_object_replaced_while_it_is_read_is_never_spliced(bool versioned)
    {
        await using var test = await TestStores.NewS3StoreAsync(versioned);
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test);
        var before = RandomNumberGenerator.GetBytes(6 << 20);
        await test.Store.PutBytesAsync("k", before, PutCondition.IfAbsent, None);
        proxy.CutAnswer(2_000_000);
        await using var read = await store.OpenReadAsync("k", null, null, None);
        await test.Store.PutBytesAsync("k", RandomNumberGenerator.GetBytes(6 << 20), PutCondition.Replace, None);
        var got = new MemoryStream();

        if (versioned)
        {
            await read.CopyToAsync(got, None);
            Assert.Equal(before, got.ToArray());
        }
        else
        {
            var failed = await Assert.ThrowsAsync<TwiBackupException>(() => read.CopyToAsync(got, None));
            Assert.Contains("was replaced while it was read", failed.Message, StringComparison.Ordinal);
            Assert.Equal(before[..(int)got.Length], got.ToArray());
        }
    }

    [Fact]
    public async Task A_read_that_makes_no_way_any_more_gives_up()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test);
        await test.Store.PutBytesAsync("k", new byte[1 << 20], PutCondition.IfAbsent, None);
        for (var time = 0; time < 100; time++)
            proxy.CutAnswer(0);

        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => store.ReadBytesAsync("k", 1 << 20, None));

        Assert.StartsWith($"The connection to {proxy.Address} broke while reading k", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_names_more_bytes_than_the_object_has_ends_where_the_object_does()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test, patience: 1);
        var bytes = RandomNumberGenerator.GetBytes(100_000);
        await test.Store.PutBytesAsync("k", bytes, PutCondition.IfAbsent, None);
        proxy.Storm = new FaultStorm(1, 1, FaultKind.LengthTooLong);
        await using var read = await store.OpenReadAsync("k", null, null, None);
        proxy.Storm = null;
        using var got = new MemoryStream();

        await read.CopyToAsync(got, None);

        Assert.Equal(bytes, got.ToArray());
    }

    [Fact]
    public async Task A_silent_server_is_not_waited_for_for_ever()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test, patience: 0.5);
        for (var time = 0; time < 10; time++)
            proxy.FallSilent();

        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => store.HeadAsync("k", None));

        Assert.StartsWith($"{proxy.Address} does not answer: Nothing moved for 0.5 s.", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_waits_can_be_cancelled()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test);
        proxy.FallSilent();
        using var cancelled = new CancellationTokenSource();

        var waiting = store.HeadAsync("k", cancelled.Token);
        while (proxy.Armed > 0)
            await Task.Yield();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_put_carries_its_condition_token_and_hash(bool amazon)
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test, amazon);
        await store.PutBytesAsync("k", X, PutCondition.IfAbsent, None);
        await store.PutBytesAsync("k", X, PutCondition.Replace, None);

        var puts = proxy.Heads.Where(head => head.StartsWith("PUT /", StringComparison.Ordinal)).ToList();
        Assert.Contains("\r\nIf-None-Match: *\r\n", puts[0], StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("If-None-Match", puts[1], StringComparison.OrdinalIgnoreCase);
        foreach (var put in puts)
        {
            Assert.Contains("\r\nx-amz-meta-twibackup-put: ", put, StringComparison.OrdinalIgnoreCase);
            // The hash of the body is signed: the server refuses a body that was changed on its way.
            var hash = Convert.ToHexStringLower(SHA256.HashData(X));
            Assert.Contains($"\r\nx-amz-content-sha256: {hash}\r\n", put, StringComparison.OrdinalIgnoreCase);
            // Amazon demands a checksum where object lock is on. CRC-32C of "x", RFC 3720.
            Assert.Equal(amazon, put.Contains("\r\nx-amz-checksum-crc32c: qTxfkw==\r\n", StringComparison.OrdinalIgnoreCase));
            // Some servers answer without reading the body that was announced, and take it for the next request.
            Assert.DoesNotContain("Expect:", put, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Parts_for_amazon_carry_checksums()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test, amazon: true);
        var bytes = RandomNumberGenerator.GetBytes(11 << 20);
        await store.PutBytesAsync("k", bytes, PutCondition.IfAbsent, None);

        var parts = proxy.Heads.Where(head => head.Contains("partNumber=", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, parts.Count);
        Assert.All(parts, part => Assert.Contains("\r\nx-amz-checksum-crc32c: ", part, StringComparison.OrdinalIgnoreCase));
        var completion = Assert.Single(proxy.Heads, head => head.Contains("?uploadId=", StringComparison.Ordinal));
        Assert.Contains("\r\nIf-None-Match: *\r\n", completion, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(bytes, await test.Store.ReadBytesAsync("k", bytes.Length, None));
    }
}
