using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using ZstdSharp;

namespace TwiBackup.Files;

/// <summary>
/// What identifies a log: SHA-256 of the text in it. A rotated log that is compressed later, or under another name, is the same log.
/// </summary>
internal static class LogContent
{
    private const int BufferSize = 128 << 10;
    private static ReadOnlySpan<byte> GzipMagic => [0x1f, 0x8b];
    private static ReadOnlySpan<byte> ZstdMagic => [0x28, 0xb5, 0x2f, 0xfd];

    /// <summary>
    /// SHA-256 in hexadecimal of what a gzip or zstd file inflates to, told by its first bytes; of any other file, and of one that does not
    /// inflate, null: its own hash identifies it.
    /// </summary>
    public static async Task<string?> InflatedSha256Async(string path, CancellationToken cancellationToken)
    {
        var start = new byte[4];
        await using (var head = FileContent.Open(path))
            await head.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken);
        await using var file = FileContent.Open(path);
        Stream? inflating = start.AsSpan().StartsWith(GzipMagic) ? new GZipStream(file, CompressionMode.Decompress, leaveOpen: true)
            : start.AsSpan().SequenceEqual(ZstdMagic) ? new DecompressionStream(file, leaveOpen: true)
            : null;
        if (inflating is null)
            return null;
        await using (inflating)
            return await HashAsync(inflating, cancellationToken);
    }

    private static async Task<string?> HashAsync(Stream inflating, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read;
            while ((read = await inflating.ReadAsync(buffer, cancellationToken)) > 0)
                hash.AppendData(buffer, 0, read);
            return Convert.ToHexStringLower(hash.GetCurrentHash());
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or ZstdException)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
