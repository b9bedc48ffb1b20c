using System.Text.RegularExpressions;

namespace TwiBackup.Policy.Json;

/// <summary>Values of a section that have a type of their own.</summary>
internal static class SectionValues
{
    /// <summary>A reference to a secret. Null: it is not there. A secret that stands there itself is refused and not shown.</summary>
    public static SecretReference? Secret(this Section section, string name, string? folder)
    {
        if (section.Text(name) is not { } text)
            return null;
        if (!SecretReference.TryParse(text, folder, out var reference))
            section.Wrong(name, "a secret must not stand in the policy; name it as env:NAME or file:PATH, and change it if this was one, "
                + "as it was written down");
        return reference;
    }

    /// <summary>A schedule, which must be there.</summary>
    public static Schedule Cron(this Section section, string name, TimeZoneInfo zone, bool orOnChange = false)
    {
        var whatToAdd = orOnChange ? "\"onChange\" or a cron expression such as \"0 2 * * *\"" : "a cron expression such as \"0 2 * * *\"";
        if (section.Text(name, whatToAdd) is not { } text)
            return Schedule.OnChange;
        if (text == Schedule.OnChange.Text)
        {
            if (!orOnChange)
                section.Wrong(name, "\"onChange\" is for backups.configuration; write a cron expression such as \"0 2 * * *\"");
            return Schedule.OnChange;
        }

        if (Schedule.TryParse(text, zone, out var schedule, out var problem))
            return schedule;
        if (orOnChange && Words.Nearest(text, [Schedule.OnChange.Text]) is not null)
            problem = $"\"{Words.Shown(text)}\" is not known; did you mean \"onChange\"?";
        section.Wrong(name, problem);
        return Schedule.OnChange;
    }

    /// <summary>Public keys or references to them.</summary>
    public static IReadOnlyList<PublicKey> PublicKeys(this Section section, string name, PublicKeyKind kind, string folder)
    {
        var keys = new List<PublicKey>();
        foreach (var (text, wrong) in section.Texts(name))
        {
            if (PublicKey.TryParse(kind, text, folder, out var key, out var problem))
                keys.Add(key);
            else
                wrong(problem);
        }

        return keys;
    }

    /// <summary>A path, absolute. Null: it is not there.</summary>
    /// <param name="folder">Where a relative one starts.</param>
    public static string? File(this Section section, string name, string folder, string? whatToAdd = null) =>
        section.Text(name, whatToAdd) is { } path ? Path.GetFullPath(section.Plain(name, path), folder) : null;

    /// <summary>A path without control characters; else an error, and a stand-in.</summary>
    public static string Plain(this Section section, string name, string path)
    {
        if (path.Length > 0 && !path.Any(char.IsControl))
            return path;
        section.Wrong(name, "a path is empty or has a control character in it; write it as ls shows it");
        return ".";
    }

    /// <summary>The texts of a list, each of which has a form.</summary>
    public static IReadOnlyList<string> Matching(
        this Section section, string name, Regex form, string whatToWrite, string? whatToAdd = null)
    {
        var texts = section.Texts(name, whatToAdd);
        foreach (var (text, wrong) in texts)
        {
            if (!form.IsMatch(text))
                wrong($"\"{Words.Shown(text)}\" is no such name; {whatToWrite}");
        }

        return [.. texts.Select(item => item.Text)];
    }
}
