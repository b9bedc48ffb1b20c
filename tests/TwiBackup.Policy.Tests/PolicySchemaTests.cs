using System.Text.Json;
using System.Text.RegularExpressions;
using TwiBackup.Policy.Json;

namespace TwiBackup.Policy.Tests;

public sealed class PolicySchemaTests
{
    private static readonly JsonElement Schema = JsonDocument.Parse(PolicySchema.ReadText()).RootElement;
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    [Fact]
    public void The_schema_and_the_parser_know_the_same_keys()
    {
        var keys = new SortedDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        Collect(Schema, "", keys);
        var parsers = PolicyReader.Keys();
        Assert.Equal(parsers.Keys, keys.Keys);
        foreach (var (path, names) in parsers)
            Assert.Equal(names.Order(StringComparer.Ordinal), keys[path].Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_property_is_described_and_no_object_is_open()
    {
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", Schema.GetProperty("$schema").GetString());
        AssertDescribed(Schema, "");
    }

    [Fact]
    public void What_the_parser_takes_fits_the_schema()
    {
        Assert.Empty(Misfits(Sample.Text));
        Assert.Empty(Misfits(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "twibackup.json"))));
    }

    [Theory]
    [InlineData("\"version\": 1,", "\"version\": 2,")]
    [InlineData("\"twi-bot\"", "\"Twi Bot\"")]
    [InlineData("\"physical\"", "\"logical\"")]
    [InlineData("\"keep\": \"7d\"", "\"keep\": \"a week\"")]
    [InlineData("\"keep\": \"7d\"", "\"kep\": \"7d\"")]
    [InlineData("\"env:DB_PASSWORD\"", "\"hunter2\"")]
    [InlineData("\"0 2 * * *\"", "\"0 2 * *\"")]
    [InlineData("\"level\": 3", "\"level\": 20")]
    [InlineData("\"required\": true", "\"required\": \"yes\"")]
    [InlineData("\"bot\": { \"rto\": \"1h\" }", "\"bot\": { \"rpo\": \"1h\" }")]
    [InlineData("\"system\": \"twi-bot\",", "")]
    public void What_the_schema_refuses_the_parser_refuses(string piece, string replacement)
    {
        Assert.NotEmpty(Misfits(Sample.With(piece, replacement)));
        Assert.NotEmpty(Sample.ErrorsOf(Sample.With(piece, replacement)));
    }

    [Fact]
    public void The_schemas_durations_are_the_parsers()
    {
        var pattern = Schema.GetProperty("$defs").GetProperty("duration").GetProperty("pattern").GetString()!;
        var texts = "500ms 90s 10m 1h 30d 2w 1y P1D PT1H30M P1Y2DT3S P PT P1DT P1M 1.5h -1d 7 d";
        foreach (var text in (string[])[.. texts.Split(' '), "", "3 d"])
            Assert.Equal(Duration.TryParse(text, out _), Regex.IsMatch(text, pattern));
    }

    private static void Collect(JsonElement node, string path, SortedDictionary<string, IReadOnlyList<string>> keys)
    {
        if (node.TryGetProperty("items", out var items))
            Collect(items, $"{path}[]", keys);
        if (!node.TryGetProperty("properties", out var properties))
            return;
        keys[path] = [.. properties.EnumerateObject().Select(property => property.Name)];
        foreach (var property in properties.EnumerateObject())
            Collect(property.Value, path.Length == 0 ? property.Name : $"{path}.{property.Name}", keys);
    }

    private static void AssertDescribed(JsonElement node, string path)
    {
        Assert.True(node.TryGetProperty("description", out var description) && description.GetString()!.EndsWith('.'),
            $"{path} has no description");
        if (node.TryGetProperty("items", out var items))
            AssertDescribed(items, $"{path}[]");
        if (!node.TryGetProperty("properties", out var properties))
            return;
        Assert.False(node.GetProperty("additionalProperties").GetBoolean());
        foreach (var property in properties.EnumerateObject())
            AssertDescribed(property.Value, $"{path}.{property.Name}");
    }

    private static List<string> Misfits(string text)
    {
        using var document = JsonDocument.Parse(text, Lenient);
        var misfits = new List<string>();
        Fit(document.RootElement, Schema, "", misfits);
        return misfits;
    }

    /// <summary>The part of JSON Schema that the schema uses.</summary>
    private static void Fit(JsonElement value, JsonElement schema, string path, List<string> misfits)
    {
        foreach (var rule in schema.EnumerateObject())
        {
            var fits = rule.Name switch
            {
                "$ref" => FitReference(value, rule.Value.GetString()!, path, misfits),
                "type" => rule.Value.GetString() == TypeOf(value),
                "const" => value.GetRawText() == rule.Value.GetRawText(),
                "enum" => rule.Value.EnumerateArray().Any(word => word.GetString() == value.GetString()),
                "pattern" => value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, rule.Value.GetString()!),
                "minLength" => value.ValueKind != JsonValueKind.String || value.GetString()!.Length >= rule.Value.GetInt32(),
                "maxLength" => value.ValueKind != JsonValueKind.String || value.GetString()!.Length <= rule.Value.GetInt32(),
                "minimum" => value.ValueKind != JsonValueKind.Number || value.GetDouble() >= rule.Value.GetDouble(),
                "maximum" => value.ValueKind != JsonValueKind.Number || value.GetDouble() <= rule.Value.GetDouble(),
                "minItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= rule.Value.GetInt32(),
                "required" => rule.Value.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)),
                "additionalProperties" => value.EnumerateObject().All(member => Properties(schema).TryGetProperty(member.Name, out _)),
                "properties" or "items" or "description" or "default" or "title" or "$schema" or "$defs" => true,
                _ => throw new NotSupportedException($"The schema uses {rule.Name}, which this test cannot judge."),
            };
            if (!fits)
                misfits.Add($"{path}: {rule.Name}");
        }

        if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out var properties))
        {
            foreach (var member in value.EnumerateObject())
            {
                if (properties.TryGetProperty(member.Name, out var inner))
                    Fit(member.Value, inner, $"{path}.{member.Name}", misfits);
            }
        }

        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            foreach (var item in value.EnumerateArray())
                Fit(item, items, $"{path}[]", misfits);
        }
    }

    private static JsonElement Properties(JsonElement schema) => schema.GetProperty("properties");

    private static bool FitReference(JsonElement value, string reference, string path, List<string> misfits)
    {
        Fit(value, Schema.GetProperty("$defs").GetProperty(reference["#/$defs/".Length..]), path, misfits);
        return true;
    }

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => value.TryGetInt32(out _) ? "integer" : "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        _ => "null",
    };
}
