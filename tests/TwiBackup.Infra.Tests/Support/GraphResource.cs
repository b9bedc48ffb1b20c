using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TwiBackup.Infra.Tests.Support;

/// <summary>A resource as the program registered it.</summary>
internal sealed record GraphResource(string Type, string Name)
{
    /// <summary>The region of its provider; empty: a component, or a provider itself.</summary>
    public string Region { get; init; } = "";

    /// <summary>The name of its parent; empty: the stack.</summary>
    public string Parent { get; init; } = "";

    public bool Protect { get; init; }

    public bool RetainOnDelete { get; init; }

    public bool HasTagsInput { get; init; }

    public ImmutableDictionary<string, object> Inputs { get; init; } = ImmutableDictionary<string, object>.Empty;

    public bool IsComponent => Type.StartsWith("twibackup:", StringComparison.Ordinal);

    public JsonNode? Input(string name) => Inputs.TryGetValue(name, out var value) ? ToJson(value) : null;

    public string Text(string name) => Input(name)!.GetValue<string>();

    /// <summary>A policy document that is an input.</summary>
    public JsonArray Statements(string name = "policy") => JsonNode.Parse(Text(name))!["Statement"]!.AsArray();

    public JsonObject AllInputs() =>
        new(Inputs.OrderBy(input => input.Key, StringComparer.Ordinal)
            .Select(input => KeyValuePair.Create(input.Key, ToJson(input.Value))));

    private static JsonNode? ToJson(object? value) => value switch
    {
        null => null,
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        double number => JsonValue.Create(number),
        int number => JsonValue.Create(number),
        ImmutableDictionary<string, object> map =>
            new JsonObject(map.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => KeyValuePair.Create(pair.Key, ToJson(pair.Value)))),
        System.Collections.IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(ToJson)]),
        _ => JsonValue.Create(JsonSerializer.Serialize(value.ToString())),
    };
}
