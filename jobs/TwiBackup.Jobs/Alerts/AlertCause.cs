using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace TwiBackup.Alerts;

/// <summary>Tells whether two failures are the same: by their message without what differs each time (times, LSNs, ids, ports).</summary>
internal static partial class AlertCause
{
    private const int Digits = 16;

    /// <summary>A name of the message's cause, 16 hexadecimal digits.</summary>
    public static string Of(string message)
    {
        var same = Varying().Replace(message, "#");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(same)))[..Digits];
    }

    [GeneratedRegex("[0-9A-Fa-f]*[0-9][0-9A-Fa-f]*")]
    private static partial Regex Varying();
}
