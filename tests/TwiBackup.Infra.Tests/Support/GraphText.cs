using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TwiBackup.Infra.Tests.Support;

/// <summary>A graph as text to review: sorted, one resource after the other, documents unfolded.</summary>
internal static class GraphText
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(Graph graph)
    {
        var text = new StringBuilder();
        foreach (var resource in graph.Resources)
        {
            string[] notes =
            [
                resource.Region.Length > 0 ? $"in {resource.Region}" : "",
                resource.Parent.Length > 0 ? $"child of {resource.Parent}" : "",
                resource.Protect ? "protected" : "",
                resource.RetainOnDelete ? "kept" : "",
            ];
            text.Append(resource.Type).Append(' ').Append(resource.Name).Append(": ")
                .AppendJoin(", ", notes.Where(note => note.Length > 0)).Append('\n');
            if (!resource.IsComponent)
                text.Append(Unfold(WithoutCommonTags(resource.AllInputs()))!.ToJsonString(Indented)).Append('\n');
            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The three tags that every resource has, which a test of its own looks for, would hide the rest.</summary>
    private static JsonObject WithoutCommonTags(JsonObject inputs)
    {
        if (inputs["tags"] is not JsonObject tags)
            return inputs;
        foreach (var common in tags.Select(tag => tag.Key).Where(key => key.StartsWith("twibackup:", StringComparison.Ordinal)).ToList())
            tags.Remove(common);
        if (tags.Count == 0)
            inputs.Remove("tags");
        return inputs;
    }

    /// <summary>Texts that are JSON become JSON, scripts become lists of lines.</summary>
    private static JsonNode? Unfold(JsonNode? node, string name = "") => node switch
    {
        JsonObject map => new JsonObject(map.Select(pair => KeyValuePair.Create(pair.Key, Unfold(pair.Value, pair.Key)))),
        JsonArray list => new JsonArray([.. list.Select(item => Unfold(item, name))]),
        JsonValue value when value.TryGetValue<string>(out var text) => Unfold(text, name),
        _ => node?.DeepClone(),
    };

    private static JsonNode? Unfold(string text, string name)
    {
        if (name is "userData" or "userDataBase64")
            text = Encoding.UTF8.GetString(Convert.FromBase64String(text));
        if (text.StartsWith('{') || text.StartsWith('['))
        {
            try
            {
                return Unfold(JsonNode.Parse(text));
            }
            catch (JsonException)
            {
                // A pattern of CloudWatch Logs looks like JSON and is none.
            }
        }

        return text.Contains('\n', StringComparison.Ordinal) ? new JsonArray([.. text.Split('\n').Select(line => JsonValue.Create(line))])
            : JsonValue.Create(text);
    }
}
