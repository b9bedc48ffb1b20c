using System.Security.Cryptography;
using TwiBackup.Sealing;

namespace TwiBackup.Recovery;

/// <summary>
/// Binds each line of a journal to all before it: with the signing key where there is one, so that only who holds it can write a journal
/// that is believed; without one it shows damage and edits by hand.
/// </summary>
internal sealed class JournalChain(SigningKey? key)
{
    private byte[] last = new byte[SHA256.HashSizeInBytes];

    /// <summary>The chain of an entry that follows, in hexadecimal; whatever it says of its own is left aside.</summary>
    public string Next(JournalEntry entry)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("twibackup recovery journal"u8);
        hash.AppendData(last);
        hash.AppendData(JournalReader.ToLine(entry with { Chain = null }));
        var sum = hash.GetCurrentHash();
        last = key?.NameHash(sum) ?? sum;
        return Convert.ToHexStringLower(last);
    }
}
