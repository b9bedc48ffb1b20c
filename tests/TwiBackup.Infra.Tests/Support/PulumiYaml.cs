using System.Text.Json;

namespace TwiBackup.Infra.Tests.Support;

/// <summary>The config of Pulumi.yaml (defaults) and Pulumi.&lt;stack&gt;.yaml (values), as the CLI hands it to the program; knows just
/// the YAML that they use.</summary>
internal static class PulumiYaml
{
    /// <summary>By full key; lists as JSON.</summary>
    public static Dictionary<string, string> Config(string stack)
    {
        var config = new Dictionary<string, string>(StringComparer.Ordinal);
        string? key = null;
        foreach (var line in ConfigLines("Pulumi.yaml"))
        {
            if (Indent(line) == 2)
                key = line.Trim().TrimEnd(':');
            else if (line.Trim() is var text && text.StartsWith("default: ", StringComparison.Ordinal))
                config[key!] = Scalar(text["default: ".Length..]);
        }

        foreach (var line in ConfigLines($"Pulumi.{stack}.yaml"))
        {
            var text = line.Trim();
            if (text.StartsWith("- ", StringComparison.Ordinal))
                config[key!] = JsonSerializer.Serialize<string[]>([.. config[key!] is "" ? []
                    : JsonSerializer.Deserialize<string[]>(config[key!])!, Scalar(text[2..])]);
            else if (text.EndsWith(':'))
                config[key = text[..^1]] = "";
            else
                config[key = text[..text.IndexOf(": ", StringComparison.Ordinal)]] = Scalar(
                    text[(text.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
        }

        return config;
    }

    private static IEnumerable<string> ConfigLines(string file) => File.ReadLines(Repository.PathOf(file))
        .SkipWhile(line => line != "config:")
        .Skip(1)
        .Where(line => line.Trim().Length > 0 && !line.TrimStart().StartsWith('#'));

    private static int Indent(string line) => line.Length - line.TrimStart().Length;

    private static string Scalar(string text) => text switch
    {
        ['[', .., ']'] => JsonSerializer.Serialize(
            text[1..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
        ['"', .., '"'] => text[1..^1],
        _ => text,
    };
}
