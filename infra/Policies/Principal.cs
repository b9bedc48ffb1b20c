using System.Text.Json.Nodes;

namespace TwiBackup.Infra.Policies;

/// <summary>Whom a statement is about.</summary>
/// <param name="Kind"><c>AWS</c> or <c>Service</c>; null: everybody.</param>
/// <param name="Values">ARNs or service names.</param>
public sealed record Principal(string? Kind, params IReadOnlyList<string> Values)
{
    public static Principal Everybody { get; } = new(null, []);

    public static Principal Service(params IReadOnlyList<string> names) => new("Service", names);

    public static Principal Account(string partition, string account) => new("AWS", $"arn:{partition}:iam::{account}:root");

    public JsonNode ToJson() => Kind is null ? JsonValue.Create("*") : new JsonObject { [Kind] = Statement.Strings(Values) };
}
