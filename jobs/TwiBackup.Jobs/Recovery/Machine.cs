using System.Security.Cryptography;
using System.Text;

namespace TwiBackup.Recovery;

/// <summary>This machine's name, with a part that differs between machines of one name.</summary>
internal static class Machine
{
    private const string IdFile = "/etc/machine-id";

    /// <summary><c>host</c> or <c>host/1a2b3c4d</c>; machine-id(5) itself is not to be shown.</summary>
    public static readonly string Name = Find();

    private static string Find()
    {
        try
        {
            var id = File.Exists(IdFile) ? File.ReadAllText(IdFile).Trim() : "";
            if (id.Length > 0)
                return $"{Environment.MachineName}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("twibackup" + id)))[..8]}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The name alone must do.
        }

        return Environment.MachineName;
    }
}
