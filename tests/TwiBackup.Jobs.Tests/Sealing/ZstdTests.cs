using TwiBackup.Sealing;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace TwiBackup.Tests.Sealing;

/// <summary>The machine's libzstd and its port do the same, whichever wrote and whichever reads.</summary>
public sealed class ZstdTests
{
    public static TheoryData<bool, bool> Pairs => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Fact]
    public void The_machines_library_is_taken_where_there_is_one()
    {
        Assert.NotNull(NativeZstd.TryLoad());
        Assert.IsType<NativeZstd>(IZstd.Best);
        Assert.StartsWith("libzstd 1.", IZstd.Best.Name, StringComparison.Ordinal);
        Assert.StartsWith("ZstdSharp 1.", PortedZstd.Instance.Name, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void What_one_compresses_the_other_inflates(bool nativeWrites, bool nativeReads)
    {
        foreach (var length in (int[])[0, 1, 100_000, 9 << 20])
        {
            var content = Content(length);
            var inflated = Inflate(Of(nativeReads), Compress(Of(nativeWrites), content), length);
            Assert.True(content.AsSpan().SequenceEqual(inflated), $"{length} bytes");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_frame_names_its_contents_size_and_has_no_checksum(bool native)
    {
        var frame = Compress(Of(native), Content(100_000));
        // RFC 8878, 3.1.1.1.1: single segment or a size field's flag; bit 2 is the checksum's.
        Assert.NotEqual(0, frame[4] & 0b1110_0000);
        Assert.Equal(0, frame[4] & 0b0000_0100);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_malformed_frame_and_too_large_a_window_are_refused(bool native)
    {
        var frame = Compress(Of(native), Content(9 << 20), level: 19);
        using (var small = new ZstdInflater(maxWindowLog: 10, Of(native)))
        {
            var refused = Assert.Throws<ZstdException>(() => small.Inflate(frame, new byte[1 << 16], out _, out _));
            Assert.Equal(ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge, refused.Code);
        }

        frame[0] ^= 1;
        using var inflater = new ZstdInflater(maxWindowLog: 27, Of(native));
        Assert.Throws<ZstdException>(() => inflater.Inflate(frame, new byte[1 << 16], out _, out _));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_destination_that_is_too_small_is_not_overrun(bool native)
    {
        using var compressor = new ZstdCompressor(3, Of(native));
        var guarded = new byte[1000];
        Assert.Throws<ZstdException>(() => compressor.Compress(Content(1 << 20), guarded.AsSpan(0, 100)));
        Assert.All(guarded[100..], b => Assert.Equal(0, b));
    }

    private static IZstd Of(bool native) => native ? NativeZstd.TryLoad()! : PortedZstd.Instance;

    private static byte[] Content(int length)
    {
        var content = new byte[length];
        var random = new Random(17);
        random.NextBytes(content.AsSpan(0, length / 2));
        for (var i = length / 2; i < length; i++)
            content[i] = (byte)(i / 7);
        return content;
    }

    private static byte[] Compress(IZstd zstd, byte[] content, int level = 3)
    {
        using var compressor = new ZstdCompressor(level, zstd);
        var packed = new byte[ZstdCompressor.Bound(content.Length)];
        return packed[..compressor.Compress(content, packed)];
    }

    private static byte[] Inflate(IZstd zstd, ReadOnlySpan<byte> frame, int length)
    {
        using var inflater = new ZstdInflater(maxWindowLog: 27, zstd);
        var content = new byte[length + 1];
        var (read, written) = (0, 0);
        while (!inflater.Inflate(frame[read..], content.AsSpan(written), out var consumed, out var came))
            (read, written) = (read + consumed, written + came);
        return content[..^1];
    }
}
