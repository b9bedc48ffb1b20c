using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TwiBackup.Infra.Watching;

/// <summary>A dashboard: all alarms at the top, and the metric behind each with its threshold as a line.</summary>
public static class DashboardBody
{
    private const int Columns = 3;
    private const int Width = 8;
    private const int Height = 6;

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The body (<see
    /// href="https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html">structure</see>).</summary>
    public static string Of(Names names, string region, IReadOnlyList<AlarmSpec> alarms)
    {
        var widgets = new JsonArray(new JsonObject
        {
            ["type"] = "alarm",
            ["x"] = 0,
            ["y"] = 0,
            ["width"] = Columns * Width,
            ["height"] = 3,
            ["properties"] = new JsonObject
            {
                ["title"] = "What is wrong",
                ["alarms"] = new JsonArray([.. alarms.Select(
                    alarm => JsonValue.Create(names.Arn("cloudwatch", region, $"alarm:{alarm.Name}")))]),
            },
        });
        foreach (var (i, alarm) in alarms.Index())
            widgets.Add(Graph(region, alarm, i % Columns * Width, 3 + (i / Columns * Height)));
        return new JsonObject { ["widgets"] = widgets }.ToJsonString(Plain);
    }

    private static JsonObject Graph(string region, AlarmSpec alarm, int x, int y)
    {
        var metric = new JsonArray(alarm.Namespace, alarm.Metric);
        foreach (var (key, value) in alarm.Dimensions.OrderBy(dimension => dimension.Key, StringComparer.Ordinal))
        {
            metric.Add(key);
            metric.Add(value);
        }

        return new JsonObject
        {
            ["type"] = "metric",
            ["x"] = x,
            ["y"] = y,
            ["width"] = Width,
            ["height"] = Height,
            ["properties"] = new JsonObject
            {
                ["title"] = alarm.Name,
                ["region"] = region,
                ["view"] = "timeSeries",
                ["stat"] = alarm.Statistic,
                ["period"] = alarm.Period,
                ["metrics"] = new JsonArray(metric),
                ["annotations"] = new JsonObject { ["horizontal"] = new JsonArray(
                    new JsonObject { ["label"] = alarm.Below ? "too few" : "too much", ["value"] = alarm.Threshold }) },
            },
        };
    }
}
