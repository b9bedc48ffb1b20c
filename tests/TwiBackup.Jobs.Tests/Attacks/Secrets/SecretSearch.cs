using System.Buffers;
using System.Text;
using System.Text.Json;

namespace TwiBackup.Tests.Attacks.Secrets;

/// <summary>Looks for secrets, in any of their <see cref="SecretForms"/>, in texts, bytes, files and folders.</summary>
internal sealed class SecretSearch
{
    private readonly Dictionary<string, string> forms = new(StringComparer.Ordinal);
    private SearchValues<string>? values;

    /// <summary>Names of the secrets that are looked for.</summary>
    public HashSet<string> Names { get; } = new(StringComparer.Ordinal);

    /// <summary>One more secret; its name is what a finding shows.</summary>
    public void Add(string name, string secret) => Add(name, Encoding.UTF8.GetBytes(secret));

    /// <inheritdoc cref="Add(string, string)"/>
    public void Add(string name, byte[] secret)
    {
        if (secret.Length < SecretForms.Shortest)
            throw new ArgumentException($"{name} is too short to be recognised.", nameof(secret));
        Names.Add(name);
        foreach (var (how, form) in SecretForms.Of(secret))
            forms.TryAdd(form, $"{name}, {how}");
        values = null;
    }

    /// <summary>What of the secrets stands in a text.</summary>
    public IReadOnlyList<string> In(string text) => In(Encoding.UTF8.GetBytes(text));

    /// <summary>What of the secrets stands in bytes.</summary>
    public IReadOnlyList<string> In(byte[] bytes) => InLatin1(Encoding.Latin1.GetString(bytes));

    /// <summary>What stands in a file, and, where it is JSON, in the texts that it says.</summary>
    public IReadOnlyList<string> InFile(string name, byte[] content) =>
        [.. In(content).Concat(name.EndsWith(".json", StringComparison.Ordinal) ? In(string.Join('\n', Texts(content))) : []).Distinct(StringComparer.Ordinal)];

    /// <summary>What stands in the files of a folder, those of <paramref name="except"/> not looked at: relative name and finding.</summary>
    public IEnumerable<(string File, string Found)> InFolder(string folder, Func<string, bool>? except = null)
    {
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        foreach (var path in Directory.EnumerateFiles(folder, "*", everything))
        {
            var name = Path.GetRelativePath(folder, path);
            if (except?.Invoke(name) == true || new FileInfo(path) is not { LinkTarget: null, Exists: true } file || !HasContent(file))
                continue;
            foreach (var found in In(name).Concat(InFile(name, File.ReadAllBytes(path))))
                yield return (name, found);
        }
    }

    private List<string> InLatin1(string text)
    {
        values ??= SearchValues.Create([.. forms.Keys], StringComparison.Ordinal);
        if (!text.AsSpan().ContainsAny(values))
            return [];
        return [.. forms.Where(f => text.Contains(f.Key, StringComparison.Ordinal)).Select(f => f.Value).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Sockets have none, and wait for ever.</summary>
    private static bool HasContent(FileInfo file) => (file.Attributes & (FileAttributes.Device | FileAttributes.ReparsePoint)) == 0 && !file.Name.StartsWith(".s.PGSQL.", StringComparison.Ordinal);

    private static List<string> Texts(byte[] json)
    {
        var texts = new List<string>();
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                texts.Add(reader.GetString()!);
        }

        return texts;
    }
}
