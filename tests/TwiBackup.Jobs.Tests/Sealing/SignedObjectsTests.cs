using System.Security.Cryptography;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using ZstdSharp;
using static TwiBackup.Tests.Sealing.Samples;

namespace TwiBackup.Tests.Sealing;

public sealed class SignedObjectsTests : IAsyncDisposable
{
    private const string Name = "twi/wal/15-7312345678901234567/00000001/00000001000000000000000A-5f1c.zst.age";
    private static readonly SigningKey Signer = SigningKey.Generate();
    private static readonly KeyRing Keys = new([Identity.Recipient], [Identity], Signer, [Signer.Public]);
    private static readonly Dictionary<string, string> NoFields = [];
    private readonly MemoryStore _store = new();
    private readonly SignedObjects _objects;
    private readonly List<string> _told = [];

    public SignedObjectsTests() => _objects = new SignedObjects(_store, Keys);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(3000)]
    [InlineData(16 * MiB)]
    public async Task What_is_put_is_read_with_its_statement(int length)
    {
        var content = Bytes(length);
        var fields = new Dictionary<string, string> { ["previous"] = "9a41", ["mark"] = "a: b, ü" };
        var info = await _objects.PutAsync(Name, content, null, fields, new SealOptions(), default);
        Assert.Equal(_store[Name].Length, info.Length);
        var (statement, read) = await ReadAsync(content.Length);
        Assert.True(content.AsSpan().SequenceEqual(read));
        Assert.Equal((Name, length), (statement.Name, (int)statement.Length));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), statement.Sha256);
        Assert.Equal(fields, statement.Fields);
        Assert.Empty(_told);
    }

    [Fact]
    public async Task A_hash_that_the_caller_has_is_used()
    {
        await _objects.PutAsync(Name, Bytes(10), SHA256.HashData(Bytes(10)), NoFields, new SealOptions(), default);
        await ReadAsync();
        // It is not taken on trust by who reads.
        await _objects.PutAsync("wrong", Bytes(10), new byte[32], NoFields, new SealOptions(), default);
        await Assert.ThrowsAsync<ObjectRefusedException>(() => _objects.ReadAsync("wrong", Stream.Null, 100, null, default));
    }

    [Fact]
    public async Task A_key_that_is_taken_is_not_overwritten()
    {
        await PutAsync(Name, Bytes(10));
        await Assert.ThrowsAsync<ObjectExistsException>(() => PutAsync(Name, Bytes(20)));
        Assert.Equal(Bytes(10), (await ReadAsync()).Content);
    }

    [Fact]
    public async Task An_object_under_another_name_is_refused()
    {
        await PutAsync(Name, Bytes(10));
        _store.Plant($"{Name}x", _store[Name]);
        await AssertRefusedAsync($"is in truth {Name}", () => _objects.ReadAsync($"{Name}x", new MemoryStream(), 100, null, default));
    }

    [Fact]
    public async Task An_object_with_any_byte_changed_or_cut_is_refused()
    {
        await PutAsync(Name, Bytes(200));
        var good = _store[Name];
        for (var i = 0; i < good.Length; i++)
        {
            var changed = good.ToArray();
            changed[i] ^= (byte)(1 << (i % 8));
            foreach (var bad in new[] { changed, good[..i] })
            {
                var store = new MemoryStore();
                store.Plant(Name, bad);
                var objects = new SignedObjects(store, Keys);
                await Assert.ThrowsAsync<ObjectRefusedException>(() => objects.ReadAsync(Name, new MemoryStream(), 1000, null, default));
            }
        }
    }

    [Fact]
    public async Task Frames_swapped_dropped_or_repeated_in_a_valid_envelope_are_refused()
    {
        var content = Bytes(4000);
        await _objects.PutAsync(Name, content, null, NoFields, new SealOptions(FrameSize: 1000), default);
        var payload = Decrypt(_store[Name]);
        using var compressor = new Compressor(3);
        var frames = content.Chunk(1000).Select(part => compressor.Wrap(part).ToArray()).ToArray();
        var trailer = payload[frames.Sum(frame => frame.Length)..];
        byte[] Of(params byte[][] parts) => [.. parts.SelectMany(part => part), .. trailer];
        Assert.Equal(payload, Of(frames));

        var swapped = Of(frames[1], frames[0], frames[2], frames[3]);
        var dropped = Of(frames[0], frames[1], frames[2]);
        var repeated = Of([.. frames, frames[3]]);
        var added = Of([.. frames, compressor.Wrap([1]).ToArray()]);
        foreach (var forged in new[] { swapped, dropped, repeated, added, Of() })
        {
            _store.Plant(Name, await EncryptAsync(forged));
            await Assert.ThrowsAsync<ObjectRefusedException>(() => _objects.ReadAsync(Name, NotSeekable(), 100_000, null, default));
        }
        // The same frames in another envelope are the same object.
        _store.Plant(Name, await EncryptAsync(payload));
        Assert.Equal(content, (await ReadAsync()).Content);
    }

    [Fact]
    public async Task Any_change_of_the_payload_in_a_valid_envelope_is_refused_or_changes_nothing()
    {
        var content = Bytes(150);
        await PutAsync(Name, content);
        var payload = Decrypt(_store[Name]);
        for (var i = 0; i < payload.Length; i++)
        {
            var store = new MemoryStore();
            payload[i] ^= (byte)(1 << (i % 8));
            store.Plant(Name, await EncryptAsync(payload));
            payload[i] ^= (byte)(1 << (i % 8));
            var read = new MemoryStream();
            try
            {
                await new SignedObjects(store, Keys).ReadAsync(Name, read, 1000, null, default);
                Assert.Equal(content, read.ToArray());
            }
            catch (ObjectRefusedException)
            {
                // As it should be.
            }
        }
    }

    [Fact]
    public async Task A_bomb_stops_at_the_longest_length()
    {
        using var compressor = new Compressor(19);
        var bomb = compressor.Wrap(new byte[64 * MiB]).ToArray();
        Assert.True(bomb.Length < 10 * KiB);
        _store.Plant(Name, await EncryptAsync([.. Enumerable.Repeat(bomb, 64).SelectMany(frame => frame)]));
        var destination = new MemoryStream();
        var written = 0L;
        var counting = new FakeSink((bytes, _) =>
        {
            written += bytes.Length;
            return ValueTask.CompletedTask;
        });
        var refused = await Assert.ThrowsAsync<ObjectRefusedException>(() => _objects.ReadAsync(Name, counting, MiB, null, default));
        Assert.Contains($"{MiB} bytes", refused.Message, StringComparison.Ordinal);
        Assert.True(written <= MiB, $"{written}");
    }

    [Fact]
    public async Task Just_the_longest_length_is_accepted()
    {
        await PutAsync(Name, Bytes(300_000));
        await ReadAsync(300_000);
        await Assert.ThrowsAsync<ObjectRefusedException>(() => ReadAsync(299_999));
    }

    [Fact]
    public async Task Without_signature_or_by_a_stranger_it_is_refused()
    {
        _store.Plant(Name, await SealAsync(Bytes(10)));
        await AssertRefusedAsync("no signature", () => ReadAsync());

        var other = new MemoryStore();
        var stranger = SigningKey.Generate();
        var theirs = new SignedObjects(other, Keys with { Signer = stranger });
        await theirs.PutAsync(Name, Bytes(10), null, NoFields, new SealOptions(), default);
        _store.Plant(Name, other[Name]);
        await AssertRefusedAsync(stranger.Public.KeyId, () => ReadAsync());
    }

    [Fact]
    public async Task Without_the_keys_for_it_nothing_is_stored_or_read()
    {
        var noSigner = new SignedObjects(_store, Keys with { Signer = null });
        await AssertWrongUseAsync(() => noSigner.PutAsync(Name, default, null, NoFields, new SealOptions(), default));
        await PutAsync(Name, Bytes(10));
        var noIdentity = new SignedObjects(_store, Keys with { Identities = [] });
        await AssertWrongUseAsync(() => noIdentity.ReadAsync(Name, Stream.Null, 100, null, default));
    }

    [Fact]
    public async Task When_the_newest_does_not_verify_the_oldest_that_does_is_used_and_told()
    {
        await PutAsync(Name, Bytes(10, seed: 1));
        var oldest = _store[Name];
        await _store.DeleteAsync(Name, null, default);
        await PutAsync(Name, Bytes(20, seed: 2));
        _store.Plant(Name, oldest[..^1]);
        _store.Plant(Name, [.. Bytes(50_000)]);
        _store.Plant(Name, await SealAsync(Bytes(300_000)));
        var (_, content) = await ReadAsync();
        Assert.Equal(Bytes(10, seed: 1), content);
        var told = Assert.Single(_told);
        Assert.Contains("1970-01-01T00:00:00Z", told, StringComparison.Ordinal);
        Assert.Contains("no signature", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delete_marker_is_seen_through()
    {
        await PutAsync(Name, Bytes(10));
        await _store.DeleteAsync(Name, null, default);
        await _store.DeleteAsync(Name, null, default);
        Assert.Equal(Bytes(10), (await ReadAsync()).Content);
        Assert.Contains("does not exist", Assert.Single(_told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_no_version_verifies_the_newest_one_s_reason_is_given()
    {
        await Assert.ThrowsAsync<ObjectMissingException>(() => ReadAsync());
        _store.Plant(Name, [1]);
        _store.Plant(Name, await SealAsync(Bytes(10)));
        await AssertRefusedAsync("no signature", () => ReadAsync());
        await _store.DeleteAsync(Name, null, default);
        await AssertRefusedAsync("no signature", () => ReadAsync());
        Assert.Empty(_told);
    }

    [Fact]
    public async Task Versions_of_a_longer_name_are_not_this_one_s()
    {
        await PutAsync($"{Name}x", Bytes(10));
        await Assert.ThrowsAsync<ObjectMissingException>(() => ReadAsync());
    }

    [Fact]
    public async Task What_was_in_the_destination_stays_and_nothing_of_a_refused_version_does()
    {
        await PutAsync(Name, Bytes(10));
        _store.Plant(Name, await SealAsync(Bytes(300_000)));
        var destination = new MemoryStream();
        destination.Write("before"u8);
        await _objects.ReadAsync(Name, destination, MiB, _told.Add, default);
        Assert.Equal([.. "before"u8, .. Bytes(10)], destination.ToArray());
    }

    [Fact]
    public async Task A_destination_that_can_not_seek_makes_the_first_refusal_final()
    {
        await PutAsync(Name, Bytes(10));
        await _objects.ReadAsync(Name, NotSeekable(), 100, _told.Add, default);
        _store.Plant(Name, await SealAsync(Bytes(20)));
        await Assert.ThrowsAsync<ObjectRefusedException>(() => _objects.ReadAsync(Name, NotSeekable(), 100, _told.Add, default));
        Assert.Empty(_told);
        await _store.DeleteAsync(Name, null, default);
        // Behind a marker the oldest is the first that is read.
        await _objects.ReadAsync(Name, NotSeekable(), 100, _told.Add, default);
        Assert.Single(_told);
    }

    [Fact]
    public async Task A_failure_of_the_store_is_not_taken_for_one_of_the_object()
    {
        await PutAsync(Name, Bytes(10));
        _store.BeforeRead = () => throw new TwiBackupException("the store does not answer");
        Assert.Equal("the store does not answer", (await Assert.ThrowsAsync<TwiBackupException>(() => ReadAsync())).Message);
        Assert.Empty(_told);
    }

    [Fact]
    public async Task A_folder_keeps_them_too()
    {
        using var folder = new TempFolder();
        await using var store = new FileObjectStore(folder.Path);
        var objects = new SignedObjects(store, Keys);
        await objects.PutAsync(Name, Bytes(2 * MiB), null, NoFields, new SealOptions(FrameSize: MiB), default);
        var read = new MemoryStream();
        await objects.ReadAsync(Name, read, 2 * MiB, _told.Add, default);
        Assert.Equal(Bytes(2 * MiB), read.ToArray());
        await File.AppendAllTextAsync(folder.File(Name), "x");
        await Assert.ThrowsAsync<ObjectRefusedException>(() => objects.ReadAsync(Name, new MemoryStream(), 2 * MiB, _told.Add, default));
        Assert.Empty(_told);
    }

    private Task<ObjectInfo> PutAsync(string name, byte[] content) =>
        _objects.PutAsync(name, content, null, NoFields, new SealOptions(), default);

    private static FakeSink NotSeekable() => new((_, _) => ValueTask.CompletedTask);

    private async Task<(ObjectStatement Statement, byte[] Content)> ReadAsync(long maxLength = MiB)
    {
        var content = new MemoryStream();
        var statement = await _objects.ReadAsync(Name, content, maxLength, _told.Add, default);
        return (statement, content.ToArray());
    }
}
