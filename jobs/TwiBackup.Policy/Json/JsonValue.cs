using System.Text.Json;

namespace TwiBackup.Policy.Json;

/// <summary>A JSON value that knows its line, for messages.</summary>
/// <param name="Text">The value of a string, or the digits of a number; empty for others.</param>
/// <param name="Line">From 1.</param>
internal sealed record JsonValue(
    JsonValueKind Kind, string Text, int Line, IReadOnlyList<JsonMember> Members, IReadOnlyList<JsonValue> Items)
{
    /// <summary>The kind in the operator's words.</summary>
    public string KindName => Kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };
}
