namespace TwiBackup.Policy.Json;

/// <summary>A key of an object, its line and its value.</summary>
internal sealed record JsonMember(string Name, int Line, JsonValue Value);
