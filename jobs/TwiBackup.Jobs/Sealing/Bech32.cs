using System.Text;

namespace TwiBackup.Sealing;

/// <summary>
/// Bech32 (<see href="https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki">BIP 173</see>) without its limit on length, as age
/// uses it.
/// </summary>
internal static class Bech32
{
    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const int ChecksumLength = 6;
    private static ReadOnlySpan<uint> Generator => [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

    /// <summary>Encodes in the case of <paramref name="prefix"/>.</summary>
    public static string Encode(string prefix, ReadOnlySpan<byte> data)
    {
        var lower = prefix.ToLowerInvariant();
        var digits = ToDigits(data);
        var checksum = Checksum(lower, [.. digits, .. new byte[ChecksumLength]]) ^ 1;
        var text = new StringBuilder(lower).Append('1');
        foreach (var digit in digits) text.Append(Alphabet[digit]);
        for (var i = ChecksumLength - 1; i >= 0; i--) text.Append(Alphabet[(int)(checksum >> (5 * i)) & 31]);
        return prefix == lower ? text.ToString() : text.ToString().ToUpperInvariant();
    }

    /// <summary>
    /// Decodes text that has <paramref name="prefix"/> in just that case; says in <paramref name="fault"/> what is wrong, never
    /// quoting the text.
    /// </summary>
    public static bool TryDecode(string prefix, string text, out byte[] data, out string fault)
    {
        data = [];
        var lower = prefix.ToLowerInvariant();
        var body = text.Length - prefix.Length - 1;
        if (body < ChecksumLength || !text.StartsWith(prefix, StringComparison.Ordinal) || text[prefix.Length] != '1')
            return Fail($"does not begin with {prefix}1, or is too short", out fault);
        if (!Ascii.IsValid(text)) return Fail("has a character that no key has", out fault);
        if (text != (prefix == lower ? text.ToLowerInvariant() : text.ToUpperInvariant()))
            return Fail("mixes upper and lower case", out fault);
        var digits = new byte[body];
        for (var i = 0; i < body; i++)
        {
            var digit = Alphabet.IndexOf(char.ToLowerInvariant(text[prefix.Length + 1 + i]), StringComparison.Ordinal);
            if (digit < 0) return Fail($"has a character at position {prefix.Length + 2 + i} that no key has", out fault);
            digits[i] = (byte)digit;
        }
        if (Checksum(lower, digits) != 1) return Fail("has a wrong checksum: it was mistyped or cut", out fault);
        if (!TryToBytes(digits.AsSpan(0, body - ChecksumLength), out data)) return Fail("is padded wrongly", out fault);
        fault = "";
        return true;
    }

    private static bool Fail(string reason, out string fault)
    {
        fault = reason;
        return false;
    }

    private static uint Checksum(string lowerPrefix, ReadOnlySpan<byte> digits)
    {
        var sum = 1u;
        foreach (var c in lowerPrefix) sum = Step(sum, (byte)(c >> 5));
        sum = Step(sum, 0);
        foreach (var c in lowerPrefix) sum = Step(sum, (byte)(c & 31));
        foreach (var digit in digits) sum = Step(sum, digit);
        return sum;
    }

    private static uint Step(uint sum, byte digit)
    {
        var top = sum >> 25;
        sum = ((sum & 0x1ffffff) << 5) ^ digit;
        for (var i = 0; i < 5; i++)
            if (((top >> i) & 1) != 0) sum ^= Generator[i];
        return sum;
    }

    private static List<byte> ToDigits(ReadOnlySpan<byte> data)
    {
        var digits = new List<byte>((data.Length * 8 / 5) + 1);
        var (held, bits) = (0, 0);
        foreach (var value in data)
        {
            (held, bits) = (((held << 8) | value) & 0xfff, bits + 8);
            for (; bits >= 5; bits -= 5) digits.Add((byte)((held >> (bits - 5)) & 31));
        }
        if (bits > 0) digits.Add((byte)((held << (5 - bits)) & 31));
        return digits;
    }

    private static bool TryToBytes(ReadOnlySpan<byte> digits, out byte[] data)
    {
        var bytes = new List<byte>(digits.Length * 5 / 8);
        var (held, bits) = (0, 0);
        foreach (var digit in digits)
        {
            (held, bits) = (((held << 5) | digit) & 0xfff, bits + 5);
            if (bits < 8) continue;
            bits -= 8;
            bytes.Add((byte)(held >> bits));
        }
        data = [.. bytes];
        return bits < 5 && (held & ((1 << bits) - 1)) == 0;
    }
}
