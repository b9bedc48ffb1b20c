using Org.BouncyCastle.Crypto.Digests;

namespace TwiBackup.Sealing;

/// <summary>
/// What minisign's files have in common (<see href="https://jedisct1.github.io/minisign/#signature-format">their formats</see>).
/// </summary>
internal static class MinisignText
{
    public const string UntrustedComment = "untrusted comment: ";
    public const string TrustedComment = "trusted comment: ";
    public const int KeyIdSize = 8;

    /// <summary>Algorithm of keys.</summary>
    public static ReadOnlySpan<byte> Ed25519 => "Ed"u8;

    /// <summary>Algorithm of signatures over BLAKE2b-512 of the content.</summary>
    public static ReadOnlySpan<byte> Prehashed => "ED"u8;

    /// <summary>Lines without their ends; the last line feed may be missing.</summary>
    public static string[] Lines(string text) => text.EndsWith('\n') ? text[..^1].Split('\n') : text.Split('\n');

    /// <summary>As minisign writes a key's id: a little-endian number in hexadecimal.</summary>
    public static string KeyIdText(ReadOnlySpan<byte> keyId)
    {
        Span<byte> reversed = stackalloc byte[KeyIdSize];
        keyId.CopyTo(reversed);
        reversed.Reverse();
        return Convert.ToHexString(reversed);
    }

    /// <summary>BLAKE2b of <paramref name="size"/> bytes (RFC 7693).</summary>
    public static byte[] Blake2b(int size, ReadOnlySpan<byte> content)
    {
        var digest = new Blake2bDigest(size * 8);
        digest.BlockUpdate(content);
        var hash = new byte[size];
        digest.DoFinal(hash);
        return hash;
    }
}
