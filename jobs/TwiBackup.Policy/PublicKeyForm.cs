namespace TwiBackup.Policy;

/// <summary>
/// Whether a text has the form of a public key: bech32 with its checksum
/// (<see href="https://github.com/C2SP/C2SP/blob/main/age.md">age</see>,
/// <see href="https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki">BIP 173</see>), or minisign's 42 bytes in base64.
/// </summary>
internal static class PublicKeyForm
{
    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const string AgePrefix = "age1";
    private const int AgeLength = 62;
    private static readonly uint[] Generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

    /// <summary>Null when the form is right; else what is wrong and what to do. Never shows the text.</summary>
    public static string? Problem(PublicKeyKind kind, string text) => kind == PublicKeyKind.AgeRecipient ? Age(text) : Minisign(text);

    private static string? Age(string text)
    {
        if (text.StartsWith("AGE-SECRET-KEY-", StringComparison.OrdinalIgnoreCase))
            return "this is an age identity (a secret), not a recipient; take it out, and write the age1… line that age-keygen -y prints "
                + "for it";
        if (!text.StartsWith(AgePrefix, StringComparison.Ordinal))
            return "this is no age recipient; write the age1… line that age-keygen prints, or a reference (env:NAME, file:PATH)";
        return text.Length == AgeLength && HasBech32Checksum(text)
            ? null
            : "this age recipient is damaged (its length or checksum is wrong); copy the whole age1… line again";
    }

    private static string? Minisign(string text)
    {
        Span<byte> bytes = stackalloc byte[42];
        var isBase64 = text.Length == 56 && Convert.TryFromBase64String(text, bytes, out var length) && length == bytes.Length;
        if (isBase64 && bytes.StartsWith("Ed"u8))
            return null;
        return text.Length > 100
            ? "this is too long for a minisign public key and may be a secret one; take it out, and write the RW… line of the .pub file"
            : "this is no minisign public key; write the RW… line of the .pub file that minisign -G makes, or a reference (env:NAME, "
                + "file:PATH)";
    }

    private static bool HasBech32Checksum(string text)
    {
        var check = 1u;
        void Add(int value)
        {
            var top = check >> 25;
            check = ((check & 0x1ffffff) << 5) ^ (uint)value;
            for (var i = 0; i < Generator.Length; i++)
                check ^= ((top >> i) & 1) == 0 ? 0 : Generator[i];
        }

        var human = text.AsSpan(0, text.LastIndexOf('1'));
        foreach (var c in human)
            Add(c >> 5);
        Add(0);
        foreach (var c in human)
            Add(c & 31);
        foreach (var c in text.AsSpan(human.Length + 1))
        {
            var value = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (value < 0)
                return false;
            Add(value);
        }

        return check == 1 && human.Length == AgePrefix.Length - 1;
    }
}
