using System.Security.Cryptography;
using System.Text;

namespace TwiBackup.Sealing;

/// <summary>
/// The textual header of an age file (<see href="https://github.com/C2SP/C2SP/blob/main/age.md#header">age, header</see>): its grammar is
/// kept to the letter, since every reader must see the same header that the MAC covers.
/// </summary>
internal static class AgeHeader
{
    public const int FileKeySize = 16;

    /// <summary>Longest header that is read, in bytes; one of ours has about 140 bytes a recipient.</summary>
    public const int MaxLength = 64 << 10;

    /// <summary>Each X25519 stanza costs a scalar multiplication an identity.</summary>
    public const int MaxStanzas = 256;

    private const int MacSize = 32;
    private const int BodyColumns = 64;
    private const string Arrow = "-> ";
    private const string MacMark = "---";

    public static ReadOnlySpan<byte> VersionLine => "age-encryption.org/v1\n"u8;

    public static byte[] Write(IReadOnlyList<AgeRecipient> recipients, ReadOnlySpan<byte> fileKey)
    {
        var text = new StringBuilder(Encoding.ASCII.GetString(VersionLine));
        foreach (var recipient in recipients) text.Append(X25519Stanza.Wrap(recipient, fileKey));
        text.Append(MacMark);
        var mac = Mac(fileKey, Encoding.ASCII.GetBytes(text.ToString()));
        return Encoding.ASCII.GetBytes(text.Append(' ').Append(StrictBase64.EncodeRaw(mac)).Append('\n').ToString());
    }

    /// <summary>
    /// Length of the header at the start of <paramref name="bytes"/>, its last line feed included; -1 when its end isn't there.
    /// </summary>
    public static int FindEnd(ReadOnlySpan<byte> bytes)
    {
        // No line of a stanza begins with '-' but "-> ": the first "---" is the MAC's.
        var mark = bytes.IndexOf("\n---"u8);
        if (mark < 0) return -1;
        var end = bytes[(mark + 1)..].IndexOf((byte)'\n');
        return end < 0 ? -1 : mark + end + 2;
    }

    /// <summary>Finds the stanza that one of the identities opens, and checks the MAC.</summary>
    /// <returns>False when the header is well-formed and none of the identities fits.</returns>
    /// <exception cref="FormatException">The header is not what the grammar allows, or its MAC is wrong.</exception>
    public static bool TryOpen(ReadOnlySpan<byte> header, IReadOnlyList<AgeIdentity> identities, Span<byte> fileKey)
    {
        var lines = new LineReader(Encoding.Latin1.GetString(header[VersionLine.Length..]));
        var stanzas = new List<Stanza>();
        var line = lines.Next();
        for (; line.StartsWith(Arrow, StringComparison.Ordinal); line = lines.Next())
        {
            stanzas.Add(ReadStanza(line, ref lines));
            if (stanzas.Count > MaxStanzas) throw new FormatException($"more than {MaxStanzas} recipients");
        }
        if (stanzas.Count == 0) throw new FormatException("no recipient");
        if (!line.StartsWith($"{MacMark} ", StringComparison.Ordinal)
            || !StrictBase64.TryDecodeRaw(line[4..], out var mac) || mac.Length != MacSize)
        {
            throw new FormatException("a malformed MAC line");
        }
        if (!TryUnwrap(stanzas, identities, fileKey)) return false;
        var covered = header[..(header.Length - (line.Length - MacMark.Length) - 1)];
        if (!CryptographicOperations.FixedTimeEquals(Mac(fileKey, covered), mac))
            throw new FormatException("a header that does not fit its MAC");
        return true;
    }

    private static Stanza ReadStanza(string argumentLine, ref LineReader lines)
    {
        var arguments = argumentLine[Arrow.Length..].Split(' ');
        if (arguments.Any(argument => argument.Length == 0 || argument.Any(c => c is < '!' or > '~')))
            throw new FormatException("a malformed recipient line");
        var text = new StringBuilder();
        string line;
        do
        {
            line = lines.Next();
            if (line.Length > BodyColumns) throw new FormatException("a recipient's body that is not cut at 64 columns");
            text.Append(line);
        }
        while (line.Length == BodyColumns);
        return StrictBase64.TryDecodeRaw(text.ToString(), out var body)
            ? new Stanza(arguments, body)
            : throw new FormatException("a recipient's body that is not canonical Base64");
    }

    private static bool TryUnwrap(List<Stanza> stanzas, IReadOnlyList<AgeIdentity> identities, Span<byte> fileKey)
    {
        if (stanzas.Any(stanza => stanza.Arguments[0] == "scrypt"))
            throw new FormatException("a passphrase (scrypt) as recipient, which is not accepted");
        var opened = false;
        foreach (var (arguments, body) in stanzas)
        {
            if (arguments[0] != X25519Stanza.Type) continue;
            // All are looked at, also behind the one that fits: whether a header is taken must not depend on who reads it.
            if (arguments.Length != 2 || !StrictBase64.TryDecodeRaw(arguments[1], out var share)
                || share.Length != X25519Stanza.ShareSize || body.Length != X25519Stanza.BodySize)
            {
                throw new FormatException("a malformed X25519 recipient");
            }
            for (var i = 0; i < identities.Count && !opened; i++) opened = X25519Stanza.TryUnwrap(identities[i], share, body, fileKey);
        }
        return opened;
    }

    private static byte[] Mac(ReadOnlySpan<byte> fileKey, ReadOnlySpan<byte> covered)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, key, [], "header"u8);
        return HMACSHA256.HashData(key, covered);
    }

    private sealed record Stanza(string[] Arguments, byte[] Body);

    private struct LineReader(string text)
    {
        private int _at;

        public string Next()
        {
            var end = text.IndexOf('\n', _at);
            if (end < 0) throw new FormatException("a header that ends too early");
            var line = text[_at..end];
            _at = end + 1;
            return line;
        }
    }
}
