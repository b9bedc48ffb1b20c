using TwiBackup.Sealing;
using ZstdSharp;
using static TwiBackup.Tests.Sealing.Samples;

namespace TwiBackup.Tests.Sealing;

public sealed class DamageTests
{
    [Fact]
    public async Task A_small_object_cut_at_any_byte_is_refused()
    {
        var file = await SealAsync(Bytes(300), trailer: "a trailer"u8.ToArray());
        for (var length = 0; length < file.Length; length++) await RefusedAsync(file[..length], $"cut at {length} of {file.Length}");
    }

    [Fact]
    public async Task A_small_object_with_any_bit_flipped_is_refused()
    {
        var file = await SealAsync(Bytes(300), trailer: "a trailer"u8.ToArray());
        for (var bit = 0; bit < file.Length * 8; bit++)
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            await RefusedAsync(file, $"bit {bit % 8} of byte {bit / 8} flipped");
            file[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public async Task A_large_object_cut_or_changed_anywhere_is_refused()
    {
        var file = await SealAsync(Bytes(4 * MiB), new SealOptions(Level: 1, FrameSize: MiB));
        var random = new Random(11);
        var payload = AgeHeader.FindEnd(file) + ChunkCipher.NonceSize;
        var chunks = (file.Length - payload) / ChunkCipher.SealedSize;
        var borders = Enumerable.Range(0, chunks).Select(i => payload + (i * ChunkCipher.SealedSize));
        foreach (var at in Enumerable.Range(0, 60).Select(_ => random.Next(file.Length)).Concat(borders))
        {
            await RefusedAsync(file[..at], $"cut at {at}");
            var changed = file.ToArray();
            changed[at] ^= (byte)(1 << random.Next(8));
            await RefusedAsync(changed, $"changed at {at}");
            await RefusedAsync([.. file[..at], 0, .. file[at..]], $"a byte added at {at}");
            await RefusedAsync([.. file[..at], .. file[(at + 1)..]], $"a byte taken at {at}");
        }
    }

    [Fact]
    public async Task A_cut_says_truncated_and_an_addition_says_behind_its_end()
    {
        var file = await SealAsync(Bytes(MiB));
        var border = AgeHeader.FindEnd(file) + ChunkCipher.NonceSize + (2 * ChunkCipher.SealedSize);
        Assert.Contains("is truncated", await RefusedAsync(file[..border], "border"), StringComparison.Ordinal);
        Assert.Contains("is truncated", await RefusedAsync(file[..60], "header"), StringComparison.Ordinal);
        foreach (var added in new[] { 1, 15, 16, ChunkCipher.SealedSize, 2 * MiB })
        {
            // What follows lies in the last chunk until that is full: then no tag fits.
            await RefusedAsync([.. file, .. new byte[added]], $"{added} bytes added");
        }
        var whole = await EncryptAsync(new byte[ChunkCipher.PlainSize]);
        Assert.Contains("behind its end", await RefusedAsync([.. whole, 0], "one byte"), StringComparison.Ordinal);
        byte[] lastTwice = [.. whole, .. whole[^ChunkCipher.SealedSize..]];
        Assert.Contains("behind its end", await RefusedAsync(lastTwice, "the last chunk twice"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chunks_in_another_order_are_refused()
    {
        var file = await SealAsync(Bytes(MiB));
        var payload = AgeHeader.FindEnd(file) + ChunkCipher.NonceSize;
        byte[] Chunk(int i) => file[(payload + (i * ChunkCipher.SealedSize))..(payload + ((i + 1) * ChunkCipher.SealedSize))];
        await RefusedAsync([.. file[..payload], .. Chunk(1), .. Chunk(0), .. file[(payload + (2 * ChunkCipher.SealedSize))..]], "swapped");
        await RefusedAsync([.. file[..payload], .. Chunk(0), .. Chunk(0), .. file[(payload + (2 * ChunkCipher.SealedSize))..]], "repeated");
        await RefusedAsync([.. file[..payload], .. file[(payload + ChunkCipher.SealedSize)..]], "dropped");
    }

    [Fact]
    public async Task Chunks_of_another_object_are_refused()
    {
        var (one, two) = (await SealAsync(Bytes(MiB)), await SealAsync(Bytes(MiB)));
        Assert.Equal(one.Length, two.Length);
        var header = AgeHeader.FindEnd(one);
        await RefusedAsync([.. one[..header], .. two[header..]], "another payload");
        await RefusedAsync([.. one[..(header + ChunkCipher.NonceSize)], .. two[(header + ChunkCipher.NonceSize)..]], "other chunks");
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("age-encryption.org/v2\n-> X25519 a\n")]
    [InlineData("-----BEGIN AGE ENCRYPTED FILE-----\n")]
    [InlineData("SQLite format 3")]
    public async Task Foreign_input_is_refused(string text) => await RefusedAsync(System.Text.Encoding.ASCII.GetBytes(text), text);

    [Fact]
    public async Task A_plaintext_that_is_no_zstd_is_refused()
    {
        using var compressor = new Compressor(3);
        var data = compressor.Wrap(Bytes(1000)).ToArray();
        byte[][] foreign = [[], [1], [1, 2, 3, 4, 5], "PK\u0003\u0004"u8.ToArray()];
        byte[][] cut = [data[..^1], data[..3], data[..5], [.. data, .. data[..4]]];
        byte[][] longer = [[.. data, 0], [.. data, 1, 2, 3, 4]];
        foreach (var payload in foreign.Concat(cut).Concat(longer))
            await RefusedAsync(await EncryptAsync(payload), Convert.ToHexString(payload));
        Assert.Equal(Bytes(1000), await UnsealAsync(await EncryptAsync(data)));
    }

    [Fact]
    public async Task A_window_of_more_than_128_MiB_is_refused()
    {
        // Magic, descriptor without content size, window descriptor: exponent 18 is 2^28.
        foreach (var (exponent, refused) in new[] { (18, true), (31, true), (17, false) })
        {
            byte[] empty = [0x28, 0xb5, 0x2f, 0xfd, 0x00, (byte)(exponent << 3), 0x01, 0x00, 0x00];
            if (refused) Assert.Contains("window", await RefusedAsync(await EncryptAsync(empty), "window"), StringComparison.Ordinal);
            else Assert.Empty(await UnsealAsync(await EncryptAsync(empty)));
        }
    }

    [Fact]
    public async Task Whatever_stands_inside_a_valid_envelope_never_crashes()
    {
        using var compressor = new Compressor(3);
        var plain = Bytes(20_000);
        var data = compressor.Wrap(plain).ToArray();
        var random = new Random(7);
        for (var i = 0; i < 2000; i++)
        {
            var changed = data.ToArray();
            // Headers and tables stand in front.
            var reach = i < 1000 ? 64 : changed.Length;
            for (var flips = random.Next(1, 4); flips > 0; flips--) changed[random.Next(reach)] = (byte)random.Next(256);
            try
            {
                // Without a checksum other bytes may inflate to something; manifest or statement tell that.
                await UnsealAsync(await EncryptAsync(changed));
            }
            catch (ObjectRefusedException e)
            {
                Assert.StartsWith("the object ", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task What_the_source_throws_passes_through()
    {
        await using var source = new FileStream("/proc/self/mem", FileMode.Open, FileAccess.Read);
        await using var unsealing = new UnsealingStream(source, [Identity], "x");
        await Assert.ThrowsAsync<IOException>(() => unsealing.CopyToAsync(Stream.Null));
    }

    private static async Task<string> RefusedAsync(byte[] file, string what)
    {
        try
        {
            await UnsealAsync(file);
        }
        catch (ObjectRefusedException e)
        {
            Assert.StartsWith("the object ", e.Message, StringComparison.Ordinal);
            return e.Message;
        }
        Assert.Fail($"accepted although {what}");
        return "";
    }
}
