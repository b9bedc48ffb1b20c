using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace TwiBackup.Sealing;

/// <summary>
/// An Ed25519 secret key in minisign's format (unencrypted, as <c>minisign -G -W</c> writes it). <see cref="ToString"/> never shows
/// it.
/// </summary>
public sealed class SigningKey
{
    internal const int EncodedSize = ChecksumAt + ChecksumSize;
    private const int KeyIdAt = 2 + 2 + 2 + 32 + 8 + 8;
    private const int SeedAt = KeyIdAt + MinisignText.KeyIdSize;
    private const int SeedSize = 32;
    private const int PointAt = SeedAt + SeedSize;
    private const int ChecksumAt = PointAt + SeedSize;
    private const int ChecksumSize = 32;
    private readonly byte[] _seed;

    private SigningKey(ReadOnlySpan<byte> keyId, ReadOnlySpan<byte> seed)
    {
        _seed = seed.ToArray();
        Span<byte> point = stackalloc byte[Ed25519.PublicKeySize];
        Ed25519.GeneratePublicKey(seed, point);
        Public = new VerifyKey(keyId, point);
    }

    /// <summary>The public key that belongs to it.</summary>
    public VerifyKey Public { get; }

    /// <summary>A new one from the system's random numbers.</summary>
    public static SigningKey Generate() =>
        new(RandomNumberGenerator.GetBytes(MinisignText.KeyIdSize), RandomNumberGenerator.GetBytes(SeedSize));

    /// <summary>
    /// Reads a minisign secret key file's text. Throws <see cref="TwiBackupException"/> (wrong use), also for one under a password.
    /// </summary>
    public static SigningKey Parse(string fileText, string nameForMessages)
    {
        ArgumentNullException.ThrowIfNull(fileText);
        var lines = MinisignText.Lines(fileText.Trim());
        if (lines.Length != 2 || !lines[0].StartsWith(MinisignText.UntrustedComment, StringComparison.Ordinal)
            || !StrictBase64.TryDecode(lines[1].Trim(), out var bytes) || bytes.Length != EncodedSize
            || !bytes.AsSpan(0, 2).SequenceEqual(MinisignText.Ed25519) || !bytes.AsSpan(4, 2).SequenceEqual("B2"u8))
        {
            throw Wrong(nameForMessages, "is not a minisign secret key file. Make one with: twibackup key generate");
        }
        if (bytes.AsSpan(2, 2).IndexOfAnyExcept((byte)0) >= 0)
            throw Wrong(nameForMessages, "has a password, which no job types. Make one without: twibackup key generate, or minisign -G -W");
        var key = new SigningKey(bytes.AsSpan(KeyIdAt, MinisignText.KeyIdSize), bytes.AsSpan(SeedAt, SeedSize));
        // minisign 0.11 leaves the checksum of a key without password empty.
        var checksum = bytes.AsSpan(ChecksumAt);
        var whole = key.Public.Point.SequenceEqual(bytes.AsSpan(PointAt, SeedSize))
            && (checksum.IndexOfAnyExcept((byte)0) < 0 || checksum.SequenceEqual(Checksum(bytes)));
        CryptographicOperations.ZeroMemory(bytes);
        return whole ? key : throw Wrong(nameForMessages, "is damaged: its parts do not fit one another. Use another copy of it.");
    }

    /// <summary>
    /// HMAC-SHA256 of <paramref name="plainSha256"/> under a key derived from this one (HKDF, info <c>twibackup name hash</c>), for names
    /// that tell same from different. Who lacks the key can't tell from a name whether a known content is stored.
    /// </summary>
    public byte[] NameHash(ReadOnlySpan<byte> plainSha256)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _seed, key, [], "twibackup name hash"u8);
        return HMACSHA256.HashData(key, plainSha256);
    }

    /// <summary>Its public key; never the secret.</summary>
    public override string ToString() => $"signing key of {Public}";

    internal byte[] Sign(ReadOnlySpan<byte> message)
    {
        var signature = new byte[Ed25519.SignatureSize];
        Ed25519.Sign(_seed, Public.Point, message, signature);
        return signature;
    }

    /// <summary>The secret key file itself.</summary>
    internal string RevealFileText()
    {
        var bytes = new byte[EncodedSize];
        MinisignText.Ed25519.CopyTo(bytes);
        "B2"u8.CopyTo(bytes.AsSpan(4));
        Public.Id.CopyTo(bytes.AsSpan(KeyIdAt));
        _seed.CopyTo(bytes, SeedAt);
        Public.Point.CopyTo(bytes.AsSpan(PointAt));
        Checksum(bytes).CopyTo(bytes, ChecksumAt);
        return $"{MinisignText.UntrustedComment}minisign encrypted secret key\n{Convert.ToBase64String(bytes)}\n";
    }

    /// <summary>BLAKE2b-256 of algorithm, key id and key.</summary>
    private static byte[] Checksum(ReadOnlySpan<byte> encoded) =>
        MinisignText.Blake2b(ChecksumSize, [.. encoded[..2], .. encoded[KeyIdAt..ChecksumAt]]);

    private static TwiBackupException Wrong(string name, string reason) => new(ExitCode.WrongUse, $"{name} {reason}");
}
