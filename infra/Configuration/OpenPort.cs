using System.Globalization;
using System.Net;

namespace TwiBackup.Infra.Configuration;

/// <summary>A way into the recovered host that the configuration opens.</summary>
/// <param name="Port">TCP, 1 to 65535.</param>
/// <param name="Network">From where, as a CIDR.</param>
public sealed record OpenPort(int Port, string Network)
{
    /// <summary>Reads <c>5432 203.0.113.0/24</c>.</summary>
    public static bool TryParse(string text, out OpenPort? open)
    {
        open = text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var port, var network]
            && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            && IPNetwork.TryParse(network, out _)
                ? new OpenPort(number, network)
                : null;
        return open is not null;
    }
}
