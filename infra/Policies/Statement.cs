using System.Text.Json.Nodes;

namespace TwiBackup.Infra.Policies;

/// <summary>One statement of a policy document (<see
/// href="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html">grammar</see>).</summary>
/// <param name="Sid">Letters and digits; says what the statement is for.</param>
/// <param name="Actions">At least one.</param>
/// <param name="Resources">Empty in a trust policy, which has none.</param>
public sealed record Statement(string Sid, IReadOnlyList<string> Actions, IReadOnlyList<string> Resources)
{
    public bool Allow { get; init; } = true;

    /// <summary>Null: a policy of an identity, which names no principal.</summary>
    public Principal? Principal { get; init; }

    public IReadOnlyList<Condition> Conditions { get; init; } = [];

    /// <summary>The statement as JSON, with keys and lists in a fixed order, so that a diff shows only what changed.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject { [nameof(Sid)] = Sid, ["Effect"] = Allow ? "Allow" : "Deny" };
        if (Principal is not null)
            json[nameof(Principal)] = Principal.ToJson();
        json["Action"] = Strings(Actions);
        if (Resources.Count > 0)
            json["Resource"] = Strings(Resources);
        if (Conditions.Count > 0)
        {
            var conditions = new JsonObject();
            foreach (var test in Conditions.GroupBy(condition => condition.Test))
                conditions[test.Key] = new JsonObject(
                    test.Select(condition => KeyValuePair.Create<string, JsonNode?>(condition.Key, Strings(condition.Values))));
            json["Condition"] = conditions;
        }

        return json;
    }

    internal static JsonNode Strings(IReadOnlyList<string> values) =>
        values.Count == 1 ? JsonValue.Create(values[0]) : new JsonArray([.. values.Select(value => JsonValue.Create(value))]);
}
