using TwiBackup.Sealing;
using static TwiBackup.Tests.Sealing.Samples;

namespace TwiBackup.Tests.Sealing;

public sealed class MemorySealerTests
{
    [Theory]
    [MemberData(nameof(RoundTripTests.Lengths), MemberType = typeof(RoundTripTests))]
    public async Task What_lies_in_memory_comes_back(int length)
    {
        var plain = Bytes(length);
        foreach (var options in (SealOptions[])[new(), new(Level: 1, FrameSize: 256 * KiB)])
            Assert.Equal(plain, await UnsealAsync(await SealAsync(plain, [], options)));
    }

    [Theory]
    [InlineData(0, 100_000)]
    [InlineData(300_000, 100_000)]
    [InlineData(900_000, 100_000)]
    [InlineData(0, 1_000_000)]
    public async Task Frames_made_before_stand_where_they_belong(int start, int length)
    {
        var plain = Bytes(1_000_000);
        var frame = PackedFrame.Make(plain.AsSpan(start, length), 1) with { Start = start };
        Assert.Equal(plain, await UnsealAsync(await SealAsync(plain, [frame], new SealOptions(Level: 1))));
    }

    [Fact]
    public async Task Several_frames_may_stand_side_by_side_and_apart()
    {
        var plain = Bytes(2 * MiB);
        List<PackedFrame> frames = [];
        foreach (var start in (int[])[100_000, 400_000, 700_000, 1_500_000])
            frames.Add(PackedFrame.Make(plain.AsSpan(start, 300_000), 1) with { Start = start });
        Assert.Equal(plain, await UnsealAsync(await SealAsync(plain, frames, new SealOptions(Level: 1))));
    }

    [Fact]
    public async Task A_frame_made_before_is_not_compressed_again()
    {
        var plain = Bytes(MiB);
        var other = PackedFrame.Make(new byte[MiB], 1);
        // Nobody looks into a frame: what was made of other bytes stands there as it is.
        Assert.Equal(new byte[MiB], await UnsealAsync(await SealAsync(plain, [other], new SealOptions(Level: 1))));
    }

    [Fact]
    public async Task The_trailer_stands_behind_the_content()
    {
        var sink = new MemoryStream();
        await MemorySealer.SealAsync(sink, [Identity.Recipient], Bytes(100), [], "trailer"u8.ToArray(), new SealOptions(), default);
        sink.Position = 0;
        await using var unsealing = new UnsealingStream(sink, [Identity], "the object");
        await unsealing.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        Assert.Equal("trailer"u8.ToArray(), unsealing.Trailer);
    }

    [Fact]
    public Task Without_a_recipient_nothing_is_sealed() =>
        AssertWrongUseAsync(() => MemorySealer.SealAsync(new MemoryStream(), [], Bytes(10), [], default, new SealOptions(), default));

    private static async Task<byte[]> SealAsync(byte[] plain, IReadOnlyList<PackedFrame> packed, SealOptions options)
    {
        var sink = new MemoryStream();
        await MemorySealer.SealAsync(sink, [Identity.Recipient], plain, packed, default, options, default);
        return sink.ToArray();
    }
}
