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
}
