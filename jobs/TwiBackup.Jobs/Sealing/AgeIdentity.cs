using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace TwiBackup.Sealing;

/// <summary>An age v1 X25519 identity (secret key), <c>AGE-SECRET-KEY-1…</c>. <see cref="ToString"/> never shows it.</summary>
public sealed class AgeIdentity
{
    internal const string Prefix = "AGE-SECRET-KEY-";
    private readonly byte[] _secret;

    private AgeIdentity(byte[] secret)
    {
        _secret = secret;
        var point = new byte[X25519.PointSize];
        X25519.ScalarMultBase(secret, point);
        Recipient = new AgeRecipient(point);
    }

    /// <summary>The public key that belongs to it.</summary>
    public AgeRecipient Recipient { get; }

    internal ReadOnlySpan<byte> Secret => _secret;

    /// <summary>A new one from the system's random numbers.</summary>
    public static AgeIdentity Generate() => new(RandomNumberGenerator.GetBytes(X25519.ScalarSize));

    /// <summary>
    /// All identities of a file as age-keygen writes it: comments, then one key a line. Throws <see cref="TwiBackupException"/> (wrong use)
    /// that names the file and the line, when there is none or one can't be read.
    /// </summary>
    public static IReadOnlyList<AgeIdentity> ReadAll(string fileText, string nameForMessages)
    {
        ArgumentNullException.ThrowIfNull(fileText);
        var found = new List<AgeIdentity>();
        var number = 0;
        foreach (var line in fileText.Split('\n').Select(line => line.Trim()))
        {
            number++;
            if (line.Length == 0 || line.StartsWith('#')) continue;
            if (!Bech32.TryDecode(Prefix, line, out var secret, out var fault) || secret.Length != X25519.ScalarSize)
            {
                throw new TwiBackupException(
                    ExitCode.WrongUse,
                    $"{nameForMessages} line {number} is no age X25519 identity: it {(fault.Length > 0 ? fault : "has another length")}.");
            }
            found.Add(new AgeIdentity(secret));
        }
        return found.Count > 0
            ? found
            : throw new TwiBackupException(
                ExitCode.WrongUse,
                $"{nameForMessages} holds no identity (a line that begins with {Prefix}1). Make one with: twibackup key generate");
    }

    /// <summary>Its recipient; never the secret.</summary>
    public override string ToString() => $"identity of {Recipient}";

    /// <summary>The secret itself, for the one file that holds it.</summary>
    internal string RevealText() => Bech32.Encode(Prefix, _secret);
}
