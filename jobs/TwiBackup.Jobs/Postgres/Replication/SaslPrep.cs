using System.Text;

namespace TwiBackup.Postgres.Replication;

/// <summary>
/// Prepares a password for SCRAM (<see href="https://www.rfc-editor.org/rfc/rfc4013">RFC 4013</see>): odd spaces become plain ones,
/// invisible
/// characters go; what may not stand in a password leaves it as it is, as PostgreSQL does. Normalisation (NFKC) is not done, for the
/// program
/// carries no Unicode tables: passwords are taken to be composed, as keyboards and files have them.
/// </summary>
internal static class SaslPrep
{
    public static string Apply(string password)
    {
        if (Ascii.IsValid(password))
            return password;
        var prepared = new StringBuilder(password.Length);
        foreach (var rune in password.EnumerateRunes())
        {
            if (IsProhibited(rune.Value))
                return password;
            if (IsSpace(rune.Value))
                prepared.Append(' ');
            else if (!IsInvisible(rune.Value))
                prepared.Append(rune.ToString());
        }
        return prepared.Length == 0 ? password : prepared.ToString();
    }

    // RFC 3454 C.1.2
    private static bool IsSpace(int c) => c is 0xA0 or 0x1680 or (>= 0x2000 and <= 0x200B) or 0x202F or 0x205F or 0x3000;

    // RFC 3454 B.1
    private static bool IsInvisible(int c) =>
        c is 0xAD or 0x34F or 0x1806 or (>= 0x180B and <= 0x180D) or 0x200C or 0x200D or 0x2060 or (>= 0xFE00 and <= 0xFE0F) or 0xFEFF;

    // RFC 3454 C.2.1, C.2.2, C.3, C.4, C.5 (a replaced lone surrogate), C.6, C.7, C.8, C.9
    private static bool IsProhibited(int c) =>
        c is < 0x20 or (>= 0x7F and <= 0x9F) or 0x6DD or 0x70F or 0x180E or 0x2028 or 0x2029 or 0x200E or 0x200F
        or (>= 0x202A and <= 0x202E) or (>= 0x2061 and <= 0x2063) or (>= 0x206A and <= 0x206F) or 0x340 or 0x341
        or (>= 0x2FF0 and <= 0x2FFB)
        or (>= 0xFFF9 and <= 0xFFFD) or (>= 0xE000 and <= 0xF8FF) or (>= 0xFDD0 and <= 0xFDEF) or (>= 0x1D173 and <= 0x1D17A)
        or (>= 0xE0001 and <= 0xE007F)
        or >= 0xF0000 || (c & 0xFFFE) == 0xFFFE;
}
