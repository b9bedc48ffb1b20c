using System.Buffers;

namespace TwiBackup.Sealing;

/// <summary>
/// A zstd frame of a part of some content: <paramref name="Length"/> bytes from <paramref name="Start"/> on. Made once, it may stand in
/// several objects.
/// </summary>
internal sealed record PackedFrame(int Start, int Length, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Compresses all of <paramref name="content"/> into one frame.</summary>
    public static PackedFrame Make(ReadOnlySpan<byte> content, int level)
    {
        using var compressor = new ZstdCompressor(level);
        var packed = ArrayPool<byte>.Shared.Rent(ZstdCompressor.Bound(content.Length));
        var frame = packed.AsSpan(0, compressor.Compress(content, packed)).ToArray();
        ArrayPool<byte>.Shared.Return(packed);
        return new PackedFrame(0, content.Length, frame);
    }
}
