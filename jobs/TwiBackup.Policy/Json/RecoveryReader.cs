using System.Text.RegularExpressions;

namespace TwiBackup.Policy.Json;

/// <summary>Reads the section <c>recovery</c>.</summary>
internal static partial class RecoveryReader
{
    private static readonly string[] Places = ["elsewhere", "here", "local"];

    public static RecoveryPolicy Read(Section? section, string folder)
    {
        if (section is null)
            return new();
        var standard = new RecoveryPolicy();
        var policy = new RecoveryPolicy
        {
            Place = section.Choice("place", Places) switch { "here" => RecoveryPlace.Here, "local" => RecoveryPlace.Local, _ => RecoveryPlace.Elsewhere },
            Provision = ReadCommand(section, "provision") ?? standard.Provision,
            Start = ReadCommand(section, "start") ?? standard.Start,
            Connection = PolicyReader.ReadConnection(section, folder, whatToAdd: null),
            Deploy = ReadCommand(section, "deploy") ?? standard.Deploy,
            Route = ReadCommand(section, "route") ?? standard.Route,
            Environment = ReadEnvironment(section) ?? standard.Environment,
            DataDirectory = ReadFolder(section, "dataDirectory", folder) ?? standard.DataDirectory,
            Repository = ReadFolder(section, "repository", folder),
            ConfigurationRoot = ReadFolder(section, "configurationRoot", folder) ?? standard.ConfigurationRoot,
            Shares = ReadShares(section.Child("shares")),
        };
        section.Close();
        return policy;
    }

    /// <summary>A program and its arguments. Null: the key is not there.</summary>
    private static List<string>? ReadCommand(Section section, string name)
    {
        var has = section.Has(name);
        var words = new List<string>();
        foreach (var (text, wrong) in section.Texts(name))
        {
            if (text.Length == 0 || text.Any(char.IsControl))
                wrong("an argument is empty or has a control character in it; write it as the program is to get it, without a shell");
            else if (SecretForm.HasCredentials(text) || SecretForm.HasPassword(text))
                wrong("there is a password in it, and every account of the machine can read arguments; take it out, let the program read it from a file or a variable of recovery.environment, and change it, as it was written down");
            words.Add(text);
        }

        return has ? words : null;
    }

    private static List<string>? ReadEnvironment(Section section)
    {
        var has = section.Has("environment");
        var names = new List<string>();
        foreach (var (text, wrong) in section.Texts("environment"))
        {
            if (!VariableName().IsMatch(text))
                wrong($"\"{Words.Shown(text)}\" is no name of a variable; write a name such as AWS_PROFILE, or its beginning such as AWS_*");
            names.Add(text);
        }

        return has ? names : null;
    }

    private static string? ReadFolder(Section section, string name, string folder)
    {
        if (section.Text(name) is not { } path)
            return null;
        if (!path.Any(char.IsControl))
            return Path.GetFullPath(path, folder);
        section.Wrong(name, "a path has a control character in it; write it as ls shows it");
        return null;
    }

    private static Dictionary<string, TimeSpan> ReadShares(Section? section)
    {
        var shares = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
        if (section is null)
            return shares;
        foreach (var step in RecoveryShares.Steps)
        {
            if (section.Duration(step) is { } share)
                shares[step] = share;
        }

        section.Close();
        return shares;
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*\*?$")]
    private static partial Regex VariableName();
}
