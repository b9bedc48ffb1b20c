using Org.BouncyCastle.Math.EC.Rfc7748;

namespace TwiBackup.Sealing;

/// <summary>
/// An age v1 X25519 recipient (public key), <c>age1…</c>. Whoever holds it can seal, and open nothing
/// (<see href="https://github.com/C2SP/C2SP/blob/main/age.md#the-x25519-recipient-type">age, X25519</see>).
/// </summary>
public sealed class AgeRecipient
{
    internal const string Prefix = "age";
    private readonly byte[] _point;

    internal AgeRecipient(byte[] point) => _point = point;

    internal ReadOnlySpan<byte> Point => _point;

    /// <summary>Reads <c>age1…</c>; throws <see cref="TwiBackupException"/> (wrong use) that says what is wrong with it.</summary>
    public static AgeRecipient Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.Trim();
        // Nothing of the text is quoted: it may be a secret key given by mistake.
        if (text.StartsWith(AgeIdentity.Prefix, StringComparison.OrdinalIgnoreCase))
            throw Wrong("is an identity (secret key). Give its public key (age1…), and keep the identity away from this host.");
        if (text.StartsWith("age1pq1", StringComparison.Ordinal))
            throw Wrong("is a post-quantum recipient; only X25519 recipients can be used. Make one with: twibackup key generate");
        if (!Bech32.TryDecode(Prefix, text, out var point, out var fault))
            throw Wrong($"{fault}. Copy it again from the '# public key' line of the identity file.");
        if (point.Length != X25519.PointSize) throw Wrong($"holds {point.Length} bytes instead of {X25519.PointSize}.");
        // A point of low order makes every shared secret zero: anybody could open what is sealed to it.
        if (!X25519.CalculateAgreement([9, .. new byte[31]], point, stackalloc byte[X25519.PointSize]))
            throw Wrong("is a point of low order, which protects nothing.");
        return new AgeRecipient(point);
    }

    /// <summary>The text form, <c>age1…</c>.</summary>
    public override string ToString() => Bech32.Encode(Prefix, _point);

    private static TwiBackupException Wrong(string reason) => new(ExitCode.WrongUse, $"The recipient {reason}");
}
