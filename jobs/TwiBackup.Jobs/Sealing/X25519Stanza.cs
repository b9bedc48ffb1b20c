using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace TwiBackup.Sealing;

/// <summary>
/// The file key wrapped to one X25519 recipient
/// (<see href="https://github.com/C2SP/C2SP/blob/main/age.md#x25519-recipient-stanza">age, X25519 recipient stanza</see>).
/// </summary>
internal static class X25519Stanza
{
    public const string Type = "X25519";
    public const int ShareSize = X25519.PointSize;
    public const int BodySize = AgeHeader.FileKeySize + TagSize;
    private const int TagSize = 16;
    private static ReadOnlySpan<byte> Info => "age-encryption.org/v1/X25519"u8;

    /// <summary>The stanza's lines, each with its line feed.</summary>
    public static string Wrap(AgeRecipient recipient, ReadOnlySpan<byte> fileKey)
    {
        Span<byte> ephemeral = stackalloc byte[X25519.ScalarSize];
        Span<byte> share = stackalloc byte[X25519.PointSize];
        Span<byte> shared = stackalloc byte[X25519.PointSize];
        Span<byte> body = stackalloc byte[BodySize];
        RandomNumberGenerator.Fill(ephemeral);
        X25519.ScalarMultBase(ephemeral, share);
        if (!X25519.CalculateAgreement(ephemeral, recipient.Point, shared))
            throw new TwiBackupException(ExitCode.WrongUse, $"The recipient {recipient} is a point of low order, which protects nothing.");
        using (var aead = new ChaCha20Poly1305(WrapKey(shared, share, recipient.Point)))
            aead.Encrypt(stackalloc byte[12], fileKey, body[..AgeHeader.FileKeySize], body[AgeHeader.FileKeySize..]);
        CryptographicOperations.ZeroMemory(ephemeral);
        CryptographicOperations.ZeroMemory(shared);
        return $"-> {Type} {StrictBase64.EncodeRaw(share)}\n{StrictBase64.EncodeRaw(body)}\n";
    }

    /// <summary>Unwraps into <paramref name="fileKey"/>; false when the stanza is for somebody else.</summary>
    /// <exception cref="FormatException">The share is a point of low order: nobody who means well sends one.</exception>
    public static bool TryUnwrap(AgeIdentity identity, ReadOnlySpan<byte> share, ReadOnlySpan<byte> body, Span<byte> fileKey)
    {
        Span<byte> shared = stackalloc byte[X25519.PointSize];
        if (!X25519.CalculateAgreement(identity.Secret, share, shared)) throw new FormatException("an X25519 share of low order");
        try
        {
            using var aead = new ChaCha20Poly1305(WrapKey(shared, share, identity.Recipient.Point));
            aead.Decrypt(stackalloc byte[12], body[..AgeHeader.FileKeySize], body[AgeHeader.FileKeySize..], fileKey);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
        }
    }

    private static byte[] WrapKey(ReadOnlySpan<byte> shared, ReadOnlySpan<byte> share, ReadOnlySpan<byte> recipient)
    {
        Span<byte> salt = stackalloc byte[2 * X25519.PointSize];
        share.CopyTo(salt);
        recipient.CopyTo(salt[X25519.PointSize..]);
        var key = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, key, salt, Info);
        return key;
    }
}
