using System.Text;
using System.Text.RegularExpressions;
using TwiBackup.Infra.Configuration;

namespace TwiBackup.Infra.Restore;

/// <summary>What a new host runs at its first start: <c>recover-host.sh</c> with the names of its region filled in. It holds no
/// secret.</summary>
public static partial class UserData
{
    /// <summary>EC2's limit, before base64.</summary>
    public const int LargestBytes = 16 * 1024;

    /// <summary>The script.</summary>
    /// <param name="mode">What the host is for.</param>
    public static string For(ProtectedSystem system, StackConfig config, HostMode mode)
    {
        var names = config.Names;
        var region = names.RecoveryRegion;
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["REGION"] = region,
            ["SUFFIX"] = names.DnsSuffix,
            ["ARCH"] = config.Architecture == Architecture.Arm64 ? "arm64" : "amd64",
            ["SYSTEM"] = system.Name,
            ["MODE"] = mode.ToString().ToLowerInvariant(),
            ["MAJOR"] = config.PostgresMajor.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["EXTENSIONS"] = string.Join(' ', config.Host.Extensions.Select(extension => $"postgresql-{config.PostgresMajor}-{extension}")),
            ["TOPIC"] = names.TopicArn(region),
            ["LOG_GROUP"] = Names.HostLogGroup(system.Name),
            ["POLICY_PARAMETER"] = Names.PolicyParameter(system.Name),
            ["IMAGE_PARAMETER"] = Names.ImageParameter(system.Name),
            ["SECRETS"] = string.Join(
                '\n', system.Secrets.Select(
                    secret => $"{secret.Variable}=$(secret '{Names.Secret(system.Name, secret.Variable)}'); export {secret.Variable}")),
            ["COMMAND"] = Command(mode, config.Host),
            ["RESTART"] = mode == HostMode.Recover ? "on-failure" : "no",
        };
        var script = Placeholder().Replace(Template(), match => values[match.Groups[1].Value]);
        return Encoding.UTF8.GetByteCount(script) <= LargestBytes
            ? script
            : throw ConfigReader.Wrong(
                "policies", $"{system.Path}: the start script of the host has more than {LargestBytes} bytes; name fewer secrets");
    }

    /// <summary>The script as EC2 takes it.</summary>
    public static string Encoded(string script) => Convert.ToBase64String(Encoding.UTF8.GetBytes(script));

    // Nobody is there to agree, and the host is empty but for what its packages brought. Started again it goes on.
    private static string Command(HostMode mode, HostConfig host) => mode == HostMode.Recover
        ? $"recover --resume --yes{Option("--at", host.RecoverAt)}{Option("--since", host.OutageSince)}"
        : "rehearse --scenario lost-region --isolated";

    private static string Option(string name, string? value) => value is null ? "" : $" {name} {value}";

    private static string Template()
    {
        using var stream = typeof(UserData).Assembly.GetManifestResourceStream("recover-host.sh")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("@([A-Z_]+)@")]
    private static partial Regex Placeholder();
}
