using System.Buffers.Binary;
using System.Text;
using TwiBackup.Sealing;
using ZstdSharp;
using static TwiBackup.Tests.Sealing.Samples;

namespace TwiBackup.Tests.Sealing;

public sealed class TrailerTests
{
    private static readonly byte[] Ours = SkippableFrame.Write("ours"u8);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(10, 500)]
    [InlineData(200_000, 64 * KiB)]
    public async Task It_comes_back_at_the_end_and_not_before(int length, int trailerLength)
    {
        var (plain, trailer) = (Bytes(length), Bytes(trailerLength, seed: 2));
        var file = await SealAsync(plain, new SealOptions(FrameSize: 50_000), trailer);
        await using var unsealing = new UnsealingStream(new MemoryStream(file), [Identity], "x");
        var opened = new byte[length];
        await unsealing.ReadExactlyAsync(opened);
        Assert.Equal(plain, opened);
        Assert.Equal(0, await unsealing.ReadAsync(new byte[1]));
        Assert.Equal(trailer, unsealing.Trailer);
    }

    [Fact]
    public async Task One_of_more_than_64_KiB_is_not_written() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => SealAsync([], trailer: new byte[(64 * KiB) + 1]));

    [Fact]
    public async Task Only_ours_directly_behind_the_data_and_last_counts()
    {
        var data = Zstd(Bytes(1000));
        Assert.Equal("ours", await TrailerOfAsync(data, Ours));
        Assert.Equal("ours", await TrailerOfAsync(Ours, data, Foreign(0x184D2A50, 9), data, Ours));
        Assert.Equal("", await TrailerOfAsync(data, SkippableFrame.Write([])));
        Assert.Null(await TrailerOfAsync(data));
        Assert.Null(await TrailerOfAsync(Ours, data));
        Assert.Null(await TrailerOfAsync(data, Ours, Ours));
        Assert.Null(await TrailerOfAsync(data, Foreign(0x184D2A50, 0), Ours));
        Assert.Null(await TrailerOfAsync(data, Ours, Foreign(0x184D2A5F, 3)));
        Assert.Null(await TrailerOfAsync(data, Foreign(0x184D2A5A, 3)));
        Assert.Null(await TrailerOfAsync(data, Ours, data));
        Assert.Null(await TrailerOfAsync(data, Foreign(SkippableFrame.OurMagic, SkippableFrame.MaxContent + 1)));
    }

    [Fact]
    public async Task A_long_skippable_frame_is_passed_over()
    {
        var (plain, data) = (Bytes(1000), Zstd(Bytes(1000)));
        byte[] payload = [.. Foreign(0x184D2A53, 5 * MiB), .. data, .. Foreign(0x184D2A5B, 3 * MiB), .. Zstd([]), .. Ours];
        Assert.Equal(plain, await UnsealAsync(await EncryptAsync(payload)));
    }

    [Fact]
    public async Task A_skippable_frame_that_claims_more_than_there_is_is_refused()
    {
        foreach (var claimed in new uint[] { 5, uint.MaxValue })
        {
            var cut = Foreign(SkippableFrame.OurMagic, 4);
            BinaryPrimitives.WriteUInt32LittleEndian(cut.AsSpan(4), claimed);
            var file = await EncryptAsync([.. Zstd(Bytes(10)), .. cut]);
            await AssertRefusedAsync("inside a zstd frame", () => UnsealAsync(file));
        }
    }

    private static async Task<string?> TrailerOfAsync(params byte[][] frames)
    {
        var file = await EncryptAsync([.. frames.SelectMany(frame => frame)]);
        await using var unsealing = new UnsealingStream(new MemoryStream(file), [Identity], "x");
        await unsealing.CopyToAsync(Stream.Null);
        return unsealing.Trailer is { } trailer ? Encoding.ASCII.GetString(trailer) : null;
    }

    private static byte[] Foreign(uint magic, int length)
    {
        var frame = new byte[SkippableFrame.HeaderSize + length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, magic);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), length);
        return frame;
    }

    private static byte[] Zstd(byte[] plain)
    {
        using var compressor = new Compressor(3);
        return compressor.Wrap(plain).ToArray();
    }
}
