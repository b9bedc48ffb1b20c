using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>
/// A role's password as PostgreSQL stores it, so that the password itself is never in a statement, which servers may log
/// (<see href="https://www.postgresql.org/docs/current/catalog-pg-authid.html">pg_authid</see>, RFC 5803).
/// </summary>
internal static class ScramVerifier
{
    private const int Iterations = 4096;
    private const int SaltBytes = 16;

    /// <exception cref="TwiBackupException">The password has characters that SASLprep (RFC 4013) might change.</exception>
    public static string Make(string password)
    {
        if (password.Length == 0 || password.Any(letter => letter is < ' ' or > '~'))
            throw new TwiBackupException(ExitCode.WrongUse, "The bot's password must be printable ASCII; choose another.");
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.ASCII.GetBytes(password), salt, Iterations, HashAlgorithmName.SHA256, 32);
        var stored = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var server = HMACSHA256.HashData(salted, "Server Key"u8);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(stored)}:{Convert.ToBase64String(server)}");
    }
}
