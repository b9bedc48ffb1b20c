using System.Buffers.Binary;

namespace TwiBackup.Sealing;

/// <summary>
/// zstd's skippable frames (<see href="https://www.rfc-editor.org/rfc/rfc8878#section-3.1.2">RFC 8878, 3.1.2</see>): a magic number of
/// sixteen, a length, content that every zstd passes over. The twelfth is ours and holds what an object says of itself.
/// </summary>
internal static class SkippableFrame
{
    public const uint OurMagic = 0x184D2A5B;
    public const int HeaderSize = 8;

    /// <summary>Longest content that is read, in bytes.</summary>
    public const int MaxContent = 64 << 10;

    public static bool IsMagic(uint magic) => (magic & 0xFFFFFFF0) == 0x184D2A50;

    /// <summary>A whole frame of ours.</summary>
    public static byte[] Write(ReadOnlySpan<byte> content)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, MaxContent);
        var frame = new byte[HeaderSize + content.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, OurMagic);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), content.Length);
        content.CopyTo(frame.AsSpan(HeaderSize));
        return frame;
    }
}
