using System.Buffers;

namespace TwiBackup.Sealing;

/// <summary>
/// Seals what lies in memory already: the format of <see cref="SealingStream"/>, frame by frame on the caller's thread, without copying
/// the content first.
/// </summary>
internal static class MemorySealer
{
    /// <summary>
    /// Writes <paramref name="content"/> and, if not empty, <paramref name="trailer"/> (see <see cref="SealingStream.CompleteAsync"/>)
    /// to the sink. What <paramref name="packed"/> holds of the content, in its order, is not compressed again. Options that concern
    /// threads and hashing mean nothing here.
    /// </summary>
    /// <exception cref="TwiBackupException">There is no recipient.</exception>
    public static async Task SealAsync(
        Stream sink, IReadOnlyList<AgeRecipient> recipients, ReadOnlyMemory<byte> content, IReadOnlyList<PackedFrame> packed,
        ReadOnlyMemory<byte> trailer, SealOptions options, CancellationToken cancellationToken)
    {
        options.Check();
        using var age = new AgeWriter(sink, recipients);
        var at = 0;
        foreach (var frame in packed)
        {
            if (frame.Start > at)
                await PackAsync(age, content[at..frame.Start], options, cancellationToken);
            await age.WriteAsync(frame.Bytes, cancellationToken);
            at = frame.Start + frame.Length;
        }

        if (at < content.Length || packed.Count == 0)
            await PackAsync(age, content[at..], options, cancellationToken);
        if (!trailer.IsEmpty)
            await age.WriteAsync(SkippableFrame.Write(trailer.Span), cancellationToken);
        await age.CompleteAsync(cancellationToken);
    }

    private static async Task PackAsync(AgeWriter age, ReadOnlyMemory<byte> content, SealOptions options, CancellationToken cancellationToken)
    {
        using var compressor = new ZstdCompressor(options.Level);
        var packed = ArrayPool<byte>.Shared.Rent(ZstdCompressor.Bound(Math.Min(content.Length, options.FrameSize)));
        do
        {
            var frame = content[..Math.Min(content.Length, options.FrameSize)];
            var length = compressor.Compress(frame.Span, packed);
            await age.WriteAsync(packed.AsMemory(0, length), cancellationToken);
            content = content[frame.Length..];
        }
        while (!content.IsEmpty);
        ArrayPool<byte>.Shared.Return(packed);
    }
}
