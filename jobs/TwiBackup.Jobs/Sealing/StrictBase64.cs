namespace TwiBackup.Sealing;

/// <summary>
/// Standard Base64 (RFC 4648 section 4) in its one canonical form (section 3.5): every other spelling of the same bytes is refused.
/// </summary>
internal static class StrictBase64
{
    public static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = new byte[(text.Length / 4 * 3) + 3];
        if (!Convert.TryFromBase64String(text, bytes, out var length)) return false;
        bytes = bytes[..length];
        // .NET takes white space and stray trailing bits; writing it again shows both.
        return Convert.ToBase64String(bytes) == text;
    }

    /// <summary>As <see cref="TryDecode"/> without <c>=</c> at the end, as age writes it.</summary>
    public static bool TryDecodeRaw(string text, out byte[] bytes)
    {
        bytes = [];
        return !text.EndsWith('=') && TryDecode(text.PadRight((text.Length + 3) / 4 * 4, '='), out bytes);
    }

    public static string EncodeRaw(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');
}
