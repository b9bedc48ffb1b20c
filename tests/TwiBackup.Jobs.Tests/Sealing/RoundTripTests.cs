using System.Security.Cryptography;
using TwiBackup.Sealing;
using static TwiBackup.Tests.Sealing.Samples;

namespace TwiBackup.Tests.Sealing;

public sealed class RoundTripTests
{
    /// <summary>Around the borders of age's chunks, of the frames, and of the batches that are written at once.</summary>
    public static TheoryData<int> Lengths => [
        0, 1, 2, 100, 3000, (64 * KiB) - 1, 64 * KiB, (64 * KiB) + 1, (128 * KiB) - 1, 128 * KiB, (128 * KiB) + 1,
        MiB - 1, MiB, MiB + 1, (15 * 64 * KiB) + 1, 3 * MiB, 5_000_011];

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task What_is_sealed_comes_back(int length)
    {
        var plain = Bytes(length);
        SealOptions[] ways = [new(), new(Level: 1, Workers: 3, FrameSize: 256 * KiB), new(Workers: 2, FrameSize: MiB)];
        foreach (var options in ways)
            Assert.Equal(plain, await UnsealAsync(await SealAsync(plain, options)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(4 * KiB)]
    [InlineData((64 * KiB) + 3)]
    public async Task The_size_of_writes_makes_no_difference(int writeSize)
    {
        var plain = Bytes(writeSize < 100 ? 70_000 : 3_000_000);
        var options = new SealOptions(Workers: 2, FrameSize: writeSize < 100 ? 16 * KiB : 512 * KiB);
        Assert.Equal(plain, await UnsealAsync(await SealAsync(plain, [Identity.Recipient], options, null, writeSize)));
    }

    [Theory]
    [InlineData(7, false)]
    [InlineData(100_000, false)]
    [InlineData(7, true)]
    [InlineData(100_000, true)]
    public async Task The_size_of_reads_makes_no_difference(int largest, bool synchronous)
    {
        var plain = Bytes(largest < 100 ? 50_000 : 2_000_000);
        var source = new StingyStream(await SealAsync(plain, new SealOptions(FrameSize: 300_000), "trailer"u8.ToArray()), seed: 5, largest);
        using var unsealing = new UnsealingStream(source, [Identity], "the object");
        var opened = new MemoryStream();
        var random = new Random(3);
        var buffer = new byte[largest];
        while (true)
        {
            var length = random.Next(1, largest + 1);
            var read = synchronous ? ReadNow(unsealing, buffer, length) : await unsealing.ReadAsync(buffer.AsMemory(0, length));
            if (read == 0) break;
            opened.Write(buffer, 0, read);
        }
        Assert.Equal(plain, opened.ToArray());
        Assert.Equal("trailer"u8.ToArray(), unsealing.Trailer);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(64 * KiB)]
    [InlineData(8 * MiB)]
    [InlineData((8 * MiB) + 1)]
    [InlineData(16 * MiB)]
    public async Task Noise_that_can_not_be_compressed_comes_back(int length)
    {
        var plain = RandomNumberGenerator.GetBytes(length);
        var opened = await UnsealAsync(await SealAsync(plain, new SealOptions(Level: 1, Workers: 2)));
        Assert.True(plain.AsSpan().SequenceEqual(opened));
    }

    [Fact]
    public async Task Three_hundred_megabytes_come_back()
    {
        using var folder = new TempFolder();
        var block = Bytes(3 * MiB);
        byte[] expected;
        await using (var sink = File.Create(folder.File("sealed")))
        await using (var sealing = new SealingStream(sink, [Identity.Recipient], new SealOptions(Level: 1, Workers: 2)))
        {
            for (var i = 0; i < 100; i++)
            {
                block[i] ^= 0xff;
                await sealing.WriteAsync(block);
            }
            expected = sealing.GetPlainSha256();
            await sealing.CompleteAsync(default, default);
            Assert.Equal(300L * MiB, sealing.PlainLength);
        }
        await using var unsealing = new UnsealingStream(File.OpenRead(folder.File("sealed")), [Identity], "the object");
        Assert.Equal(expected, await SHA256.HashDataAsync(unsealing));
    }

    [Fact]
    public async Task The_hash_is_that_of_the_plaintext_before_and_after_completion()
    {
        var plain = Bytes(700_000);
        await using var sealing = new SealingStream(new MemoryStream(), [Identity.Recipient], new SealOptions(FrameSize: 128 * KiB));
        await sealing.WriteAsync(plain);
        Assert.Equal(SHA256.HashData(plain), sealing.GetPlainSha256());
        await sealing.CompleteAsync("t"u8.ToArray(), default);
        Assert.Equal(SHA256.HashData(plain), sealing.GetPlainSha256());
        Assert.Equal(plain.Length, sealing.PlainLength);
    }

    [Fact]
    public async Task Every_recipient_opens_and_nobody_else()
    {
        AgeIdentity[] identities = [AgeIdentity.Generate(), AgeIdentity.Generate(), AgeIdentity.Generate()];
        var plain = Bytes(1000);
        var file = await SealAsync(plain, [.. identities.Select(identity => identity.Recipient)]);
        foreach (var identity in identities)
            Assert.Equal(plain, await UnsealAsync(new MemoryStream(file), AgeIdentity.Generate(), identity));
        var refused = await Assert.ThrowsAsync<ObjectRefusedException>(() => UnsealAsync(new MemoryStream(file), AgeIdentity.Generate()));
        Assert.Contains("other recipients", refused.Message, StringComparison.Ordinal);
        Assert.Equal("the object", refused.ObjectName);
    }

    [Fact]
    public async Task The_same_plaintext_never_gives_the_same_object()
    {
        var plain = Bytes(1000);
        var (one, two) = (await SealAsync(plain), await SealAsync(plain));
        // Behind the version line and the fixed start of the stanza nothing may be equal but by chance.
        var equal = one.Zip(two).Skip(34).Count(pair => pair.First == pair.Second);
        Assert.True(equal < one.Length / 20, $"{equal} of {one.Length} bytes are equal");
    }

    [Fact]
    public async Task Without_completion_nothing_can_be_opened()
    {
        var sink = new MemoryStream();
        await using (var sealing = new SealingStream(sink, [Identity.Recipient], new SealOptions(Level: 1, FrameSize: 64 * KiB)))
            await sealing.WriteAsync(Bytes(3 * MiB));
        await Assert.ThrowsAsync<ObjectRefusedException>(() => UnsealAsync(sink.ToArray()));
    }

    [Fact]
    public async Task A_completed_object_takes_nothing_more()
    {
        await using var sealing = new SealingStream(new MemoryStream(), [Identity.Recipient], new SealOptions());
        await sealing.CompleteAsync(default, default);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await sealing.WriteAsync(new byte[1]));
        await Assert.ThrowsAsync<InvalidOperationException>(() => sealing.CompleteAsync(default, default));
    }

    [Fact]
    public void Without_recipient_or_identity_nothing_starts()
    {
        var noRecipient = Assert.Throws<TwiBackupException>(() => new SealingStream(Stream.Null, [], new SealOptions()));
        Assert.Equal(ExitCode.WrongUse, noRecipient.ExitCode);
        Assert.Equal(ExitCode.WrongUse, Assert.Throws<TwiBackupException>(() => new UnsealingStream(Stream.Null, [], "x")).ExitCode);
    }

    private static int ReadNow(UnsealingStream unsealing, byte[] buffer, int length) => unsealing.Read(buffer, 0, length);
}
