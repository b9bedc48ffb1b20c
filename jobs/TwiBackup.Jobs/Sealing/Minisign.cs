using System.Text;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace TwiBackup.Sealing;

/// <summary>
/// Detached signatures in minisign's format (prehashed, "ED"), as Debian's minisign checks and makes them: Ed25519 over BLAKE2b-512 of the
/// content, and Ed25519 over that signature with the trusted comment behind it.
/// </summary>
public static class Minisign
{
    private const int SignatureAt = 2 + MinisignText.KeyIdSize;

    /// <summary>The text of a <c>.minisig</c> file over <paramref name="content"/>.</summary>
    /// <param name="trustedComment">One line, signed too.</param>
    public static string Sign(SigningKey key, ReadOnlySpan<byte> content, string trustedComment)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(trustedComment);
        if (trustedComment.Any(char.IsControl))
            throw new ArgumentException("A trusted comment is one line without control characters.", nameof(trustedComment));
        var signature = key.Sign(MinisignText.Blake2b(64, content));
        var global = key.Sign([.. signature, .. Encoding.UTF8.GetBytes(trustedComment)]);
        return new StringBuilder()
            .Append(MinisignText.UntrustedComment).Append("signature of key ").Append(key.Public.KeyId).Append('\n')
            .Append(Convert.ToBase64String([.. MinisignText.Prehashed, .. key.Public.Id, .. signature])).Append('\n')
            .Append(MinisignText.TrustedComment).Append(trustedComment).Append('\n')
            .Append(Convert.ToBase64String(global)).Append('\n')
            .ToString();
    }

    /// <summary>
    /// Checks <paramref name="signature"/> over <paramref name="content"/> and its trusted comment, and returns that comment.
    /// Throws <see cref="ObjectRefusedException"/> naming <paramref name="objectName"/>: not a signature, key not trusted, or does not fit.
    /// </summary>
    public static string Verify(IReadOnlyCollection<VerifyKey> trusted, ReadOnlySpan<byte> content, string signature, string objectName)
    {
        ArgumentNullException.ThrowIfNull(trusted);
        ArgumentNullException.ThrowIfNull(signature);
        var lines = MinisignText.Lines(signature);
        if (lines.Length != 4
            || !lines[0].StartsWith(MinisignText.UntrustedComment, StringComparison.Ordinal)
            || !lines[2].StartsWith(MinisignText.TrustedComment, StringComparison.Ordinal)
            || !StrictBase64.TryDecode(lines[1], out var bytes) || bytes.Length != SignatureAt + Ed25519.SignatureSize
            || !StrictBase64.TryDecode(lines[3], out var global) || global.Length != Ed25519.SignatureSize)
        {
            throw new ObjectRefusedException(objectName, "has a signature that is not in minisign's format.");
        }
        var algorithm = bytes.AsSpan(0, 2);
        if (algorithm.SequenceEqual(MinisignText.Ed25519))
            throw new ObjectRefusedException(objectName, "has a signature of minisign's legacy kind. Sign it with: minisign -S -H");
        if (!algorithm.SequenceEqual(MinisignText.Prehashed))
            throw new ObjectRefusedException(objectName, "has a signature of an algorithm that is not Ed25519.");
        var comment = lines[2][MinisignText.TrustedComment.Length..];
        var ed = bytes[SignatureAt..];
        var hash = MinisignText.Blake2b(64, content);
        var keyId = bytes.AsSpan(2, MinisignText.KeyIdSize);
        var named = false;
        foreach (var key in trusted)
        {
            // Ids are picked by whoever makes a key: two keys may have the same.
            if (!key.Id.SequenceEqual(keyId)) continue;
            named = true;
            if (Ed25519.Verify(ed, key.Point, hash) && Ed25519.Verify(global, key.Point, [.. ed, .. Encoding.UTF8.GetBytes(comment)]))
                return comment;
        }
        throw new ObjectRefusedException(
            objectName,
            named
                ? "has a signature that does not fit: it, or what it signs, was changed. Use another copy or version of it."
                : $"is signed by key {MinisignText.KeyIdText(keyId)}, none of the {trusted.Count} trusted. If yours, add its public key.");
    }
}
