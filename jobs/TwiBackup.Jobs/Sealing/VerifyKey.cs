using Org.BouncyCastle.Math.EC.Rfc8032;

namespace TwiBackup.Sealing;

/// <summary>A minisign public key, <c>RW…</c>: algorithm, key id, and the Ed25519 point.</summary>
public sealed class VerifyKey
{
    internal const int EncodedSize = 2 + MinisignText.KeyIdSize + 32;
    private readonly byte[] _encoded;

    internal VerifyKey(ReadOnlySpan<byte> keyId, ReadOnlySpan<byte> point) => _encoded = [.. MinisignText.Ed25519, .. keyId, .. point];

    /// <summary>The 16 hexadecimal digits by which minisign names a key.</summary>
    public string KeyId => MinisignText.KeyIdText(Id);

    internal ReadOnlySpan<byte> Id => _encoded.AsSpan(2, MinisignText.KeyIdSize);

    internal ReadOnlySpan<byte> Point => _encoded.AsSpan(2 + MinisignText.KeyIdSize);

    /// <summary>
    /// Reads <c>RW…</c>, alone or as the second line of a public key file. Throws <see cref="TwiBackupException"/> (wrong use).
    /// </summary>
    public static VerifyKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = MinisignText.Lines(text.Trim());
        if (lines.Length == 2 && lines[0].StartsWith(MinisignText.UntrustedComment, StringComparison.Ordinal)) lines = lines[1..];
        // Nothing of the text is quoted: it may be a secret key given by mistake.
        if (lines.Length != 1 || !StrictBase64.TryDecode(lines[0].Trim(), out var bytes))
            throw Wrong("is not Base64 of one line that begins with RW");
        if (bytes.Length == SigningKey.EncodedSize)
            throw Wrong("is a secret key. Give the public one, and keep the secret one where it signs");
        if (bytes.Length != EncodedSize) throw Wrong($"holds {bytes.Length} bytes instead of {EncodedSize}");
        if (!bytes.AsSpan(0, 2).SequenceEqual(MinisignText.Ed25519)) throw Wrong("is of an algorithm that is not Ed25519");
        var key = new VerifyKey(bytes.AsSpan(2, MinisignText.KeyIdSize), bytes.AsSpan(2 + MinisignText.KeyIdSize));
        return Ed25519.ValidatePublicKeyFull(key.Point) ? key : throw Wrong("is not a valid Ed25519 key");
    }

    /// <summary>The text form, <c>RW…</c>.</summary>
    public override string ToString() => Convert.ToBase64String(_encoded);

    /// <summary>The public key file as minisign writes it.</summary>
    internal string ToFileText() => $"{MinisignText.UntrustedComment}minisign public key {KeyId}\n{this}\n";

    private static TwiBackupException Wrong(string reason) =>
        new(ExitCode.WrongUse, $"The minisign public key {reason}. Copy it again from the signing.pub file.");
}
