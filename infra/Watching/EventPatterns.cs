using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TwiBackup.Infra.Watching;

/// <summary>Patterns of EventBridge (<see
/// href="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html">syntax</see>).</summary>
public static class EventPatterns
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A task of the cluster ended badly: with an exit code that is not zero, or with none because its container never
    /// ran.</summary>
    public static string TaskFailed(string clusterArn) => Text(Task(clusterArn, new JsonObject
    {
        ["$or"] = new JsonArray(
            new JsonObject { ["containers"] = new JsonObject { ["exitCode"] = new JsonArray(
                new JsonObject { ["anything-but"] = new JsonArray(0) }) } },
            new JsonObject { ["containers"] = new JsonObject { ["exitCode"] = new JsonArray(new JsonObject { ["exists"] = false }) } }),
    }));

    /// <summary>A task of a family ran to its end, whatever it found.</summary>
    public static string TaskRan(string clusterArn, string family) => Text(Task(clusterArn, new JsonObject
    {
        ["group"] = new JsonArray($"family:{family}"),
        ["containers"] = new JsonObject { ["exitCode"] = new JsonArray(new JsonObject { ["exists"] = true }) },
    }));

    /// <summary>A manifest was written: a set is committed.</summary>
    public static string Committed(string bucket, string folder) => Text(new JsonObject
    {
        ["source"] = new JsonArray("aws.s3"),
        ["detail-type"] = new JsonArray("Object Created"),
        ["detail"] = new JsonObject
        {
            ["bucket"] = new JsonObject { ["name"] = new JsonArray(bucket) },
            ["object"] = new JsonObject { ["key"] = new JsonArray(new JsonObject { ["wildcard"] = $"{folder}*/manifest.json" }) },
        },
    });

    private static JsonObject Task(string clusterArn, JsonObject more)
    {
        var detail = new JsonObject { ["clusterArn"] = new JsonArray(clusterArn), ["lastStatus"] = new JsonArray("STOPPED") };
        foreach (var (key, value) in more.ToList())
            detail[key] = value!.DeepClone();
        return new JsonObject { ["source"] = new JsonArray("aws.ecs"), ["detail-type"] = new JsonArray("ECS Task State Change"),
            ["detail"] = detail };
    }

    private static string Text(JsonObject pattern) => pattern.ToJsonString(Plain);
}
