using System.Globalization;
using System.Text.Json;

namespace TwiBackup.Infra.Configuration;

/// <summary>Reads keys of a stack's configuration; empty is the same as absent. Each failure is a <see cref="ConfigException"/>.</summary>
/// <param name="get">The value of a full key (<c>twibackup:account</c>), lists as JSON; null: not set.</param>
public sealed class ConfigReader(Func<string, string?> get)
{
    /// <summary>The project's name, which its keys begin with.</summary>
    public const string Namespace = "twibackup";

    public static string Key(string name) => name.Contains(':', StringComparison.Ordinal) ? name : $"{Namespace}:{name}";

    public static ConfigException Wrong(string name, string problem, Exception? cause = null) => new(Key(name), problem, cause);

    public string? Text(string name) => get(Key(name)) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    /// <param name="example">What could be written.</param>
    public string Required(string name, string example) =>
        Text(name) ?? throw Wrong(name, $"it is not set; run: pulumi config set {Key(name)} {example}");

    /// <summary>A text of a form.</summary>
    /// <param name="form">Whether the text has it.</param>
    /// <param name="wanted">What the text should be, for the message.</param>
    public string? Formed(string name, Func<string, bool> form, string wanted)
    {
        var text = Text(name);
        return text is null || form(text) ? text : throw Wrong(name, $"\"{text}\" is not {wanted}");
    }

    public T Choice<T>(string name, T otherwise)
        where T : struct, Enum
    {
        if (Text(name) is not { } text)
            return otherwise;
        var names = Enum.GetNames<T>();
        var index = Array.FindIndex(names, candidate => candidate.Equals(text, StringComparison.OrdinalIgnoreCase));
        return index >= 0
            ? Enum.GetValues<T>()[index]
            : throw Wrong(name, $"\"{text}\" is none of {string.Join(", ", names.Select(candidate => candidate.ToLowerInvariant()))}");
    }

    public int Number(string name, int otherwise, int least, int most)
    {
        if (Text(name) is not { } text)
            return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Wrong(name, $"\"{text}\" is no whole number from {least} to {most}");
    }

    public bool Flag(string name, bool otherwise) => Text(name) switch
    {
        null => otherwise,
        "true" => true,
        "false" => false,
        var text => throw Wrong(name, $"\"{text}\" is neither true nor false"),
    };

    public IReadOnlyList<string> Texts(string name)
    {
        if (Text(name) is not { } json)
            return [];
        try
        {
            return [.. (JsonSerializer.Deserialize<string[]>(json) ?? []).Select(text => text.Trim())];
        }
        catch (JsonException e)
        {
            throw Wrong(name, "it is no list of texts; write each on a line of its own after a dash", e);
        }
    }
}
