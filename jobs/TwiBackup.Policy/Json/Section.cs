using System.Globalization;
using System.Text.Json;

namespace TwiBackup.Policy.Json;

/// <summary>
/// One object of the policy while it is read. Every key that is asked for is a known key; whatever else stands in the object
/// is refused by <see cref="Close"/>. A value that is wrong or missing adds an error and comes back as a stand-in that nobody sees,
/// as errors end in an exception.
/// </summary>
internal sealed class Section(JsonValue node, string path, SectionContext context)
{
    private readonly List<string> _known = [];

    /// <summary>The line where the object begins.</summary>
    public int Line => node.Line;

    /// <summary>Whether a key stands there, whatever its value.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>An object within. Null: it is not there.</summary>
    public Section? Child(string name, string? whatToAdd = null)
    {
        var value = Value(name, JsonValueKind.Object, whatToAdd);
        // Whoever collects the known keys wants to see every section from inside.
        return value is null && !context.IsExploring ? null : new Section(value ?? Empty(), PathOf(name), context);
    }

    /// <summary>The objects of a list.</summary>
    public IReadOnlyList<Section> Children(string name, string? whatToAdd)
    {
        var items = Value(name, JsonValueKind.Array, whatToAdd)?.Items ?? (context.IsExploring ? [Empty()] : []);
        return [.. items.Select((item, i) => (item, at: $"{PathOf(name)}[{i}]"))
            .Where(pair => IsKind(pair.item, JsonValueKind.Object, pair.at))
            .Select(pair => new Section(pair.item, pair.at, context))];
    }

    /// <summary>A text. Null: it is not there.</summary>
    public string? Text(string name, string? whatToAdd = null)
    {
        var value = Value(name, JsonValueKind.String, whatToAdd);
        if (value is not { Text: "" })
            return value?.Text;
        Wrong(name, "this is empty; write a value or take the key out");
        return null;
    }

    /// <summary>The texts of a list, each with its index.</summary>
    public IReadOnlyList<(string Text, Action<string> Wrong)> Texts(string name, string? whatToAdd = null)
    {
        var items = Value(name, JsonValueKind.Array, whatToAdd)?.Items ?? [];
        return [.. items.Select((item, i) => (item, at: $"{PathOf(name)}[{i}]"))
            .Where(pair => IsKind(pair.item, JsonValueKind.String, pair.at))
            .Select(pair => (pair.item.Text, (Action<string>)(problem => context.Errors.Add(pair.item.Line, pair.at, problem))))];
    }

    public bool Flag(string name, bool otherwise)
    {
        var value = Find(name);
        if (value is null or { Kind: JsonValueKind.True or JsonValueKind.False })
            return value is null ? otherwise : value.Kind == JsonValueKind.True;
        Wrong(name, $"must be true or false, not {value.KindName}");
        return otherwise;
    }

    public int? Number(string name, int from, int to)
    {
        var value = Value(name, JsonValueKind.Number, null);
        if (value is null)
            return null;
        var isWhole = int.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        if (isWhole && number >= from && number <= to)
            return number;
        Wrong(name, $"{Words.Shown(value.Text)} is out of range; write a whole number from {from} to {to}");
        return null;
    }

    /// <summary>A duration within bounds. Null: it is not there.</summary>
    public TimeSpan? Duration(string name, string? whatToAdd = null, TimeSpan? from = null, TimeSpan? to = null)
    {
        if (Text(name, whatToAdd) is not { } text)
            return null;
        if (!Policy.Duration.TryParse(text, out var duration))
        {
            Wrong(name, $"\"{Words.Shown(text)}\" is no duration; write a number and a unit, such as 90s, 10m, 1h, 30d or 1y, or ISO 8601 "
                + "such as PT1H30M");
            return null;
        }

        var (least, most) = (from ?? TimeSpan.Zero, to ?? Policy.Duration.Longest);
        if (duration >= least && duration <= most)
            return duration;
        Wrong(name, $"{Words.Shown(text)} is out of range; write {Policy.Duration.Format(least)} to {Policy.Duration.Format(most)}");
        return null;
    }

    /// <summary>One of some words. Null: it is not there.</summary>
    public string? Choice(string name, IReadOnlyList<string> words, string? whatToAdd = null)
    {
        if (Text(name, whatToAdd) is not { } text || words.Contains(text))
            return Find(name)?.Text;
        var word = Words.Nearest(text, words);
        var near = word is not null ? $"did you mean \"{word}\"?" : $"write {string.Join(" or ", words)}";
        Wrong(name, $"\"{Words.Shown(text)}\" is not known; {near}");
        return null;
    }

    /// <summary>Adds an error about a key.</summary>
    public void Wrong(string name, string problem) => context.Errors.Add(Find(name)?.Line ?? node.Line, PathOf(name), problem);

    /// <summary>Refuses keys that nobody asked for.</summary>
    public void Close()
    {
        context.Saw(path, _known);
        foreach (var member in node.Members.Where(member => !_known.Contains(member.Name)))
        {
            var name = Words.Nearest(member.Name, _known);
            var near = name is not null ? $"did you mean \"{name}\"?" : $"known here: {string.Join(", ", _known)}";
            context.Errors.Add(member.Line, PathOf(Words.Shown(member.Name)), $"this key is not known; {near}");
        }
    }

    private static JsonValue Empty() => new(JsonValueKind.Object, "", 0, [], []);

    private JsonValue? Value(string name, JsonValueKind kind, string? whatToAdd)
    {
        var value = Find(name);
        if (value is not null)
            return IsKind(value, kind, PathOf(name)) ? value : null;
        if (whatToAdd is not null)
            context.Errors.Add(node.Line, PathOf(name), $"this is missing; add {whatToAdd}");
        return null;
    }

    private bool IsKind(JsonValue value, JsonValueKind kind, string at)
    {
        if (value.Kind == kind)
            return true;
        var wanted = new JsonValue(kind, "", 0, [], []).KindName;
        context.Errors.Add(value.Line, at, $"must be {wanted}, not {value.KindName}");
        return false;
    }

    private JsonValue? Find(string name)
    {
        if (!_known.Contains(name))
            _known.Add(name);
        return node.Members.FirstOrDefault(member => member.Name == name)?.Value;
    }

    private string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";
}
