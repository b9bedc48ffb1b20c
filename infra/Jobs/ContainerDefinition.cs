using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TwiBackup.Infra.Jobs;

/// <summary>The one container of a task, as ECS takes it (<see
/// href="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html">reference</see>).</summary>
public sealed record ContainerDefinition
{
    /// <summary>Where the image may write: scratch, and the policy that the start puts there.</summary>
    public const string WorkFolder = "/var/lib/twibackup";

    /// <summary>The application's files, where the policy's paths begin.</summary>
    public const string FilesFolder = "/app";

    /// <summary>Puts the policy, which comes as a variable, where it is looked for, and becomes the job.</summary>
    private const string Start = "umask 077 && printf %s \"$TWIBACKUP_POLICY_TEXT\" > \"$TWIBACKUP_POLICY\" && unset TWIBACKUP_POLICY_TEXT && exec twibackup \"$@\"";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public required Job Job { get; init; }

    /// <summary>With its digest.</summary>
    public required string Image { get; init; }

    /// <summary>The rendered policy.</summary>
    public required string Policy { get; init; }

    /// <summary>The secrets' ARNs by variable.</summary>
    public required IReadOnlyDictionary<string, string> SecretArns { get; init; }

    public required string LogGroup { get; init; }

    public required string Region { get; init; }

    /// <summary>A definition list of this one container.</summary>
    public string ToJson() => new JsonArray(new JsonObject
    {
        ["name"] = Job.Name,
        ["image"] = Image,
        ["essential"] = true,
        ["entryPoint"] = Strings(["/bin/sh", "-c", Start, "twibackup"]),
        ["command"] = Strings(Job.Command),
        ["readonlyRootFilesystem"] = true,
        ["privileged"] = false,
        ["linuxParameters"] = new JsonObject { ["initProcessEnabled"] = true,
            ["capabilities"] = new JsonObject { ["drop"] = Strings(["ALL"]) } },
        ["stopTimeout"] = 60,
        ["environment"] = Pairs(Environment, "value"),
        ["secrets"] = Pairs(SecretArns, "valueFrom"),
        ["mountPoints"] = new JsonArray([.. Mounts]),
        ["logConfiguration"] = new JsonObject
        {
            ["logDriver"] = "awslogs",
            ["options"] = new JsonObject
            {
                ["awslogs-group"] = LogGroup,
                ["awslogs-region"] = Region,
                ["awslogs-stream-prefix"] = Job.Name,

                // A log service that is down must not hold a backup.
                ["mode"] = "non-blocking",
                ["max-buffer-size"] = "25m",
            },
        },
    }).ToJsonString(Plain);

    private SortedDictionary<string, string> Environment => new(StringComparer.Ordinal)
    {
        ["AWS_REGION"] = Region,
        ["TMPDIR"] = WorkFolder,
        ["TWIBACKUP_POLICY"] = $"{WorkFolder}/twibackup.json",
        ["TWIBACKUP_POLICY_TEXT"] = Policy,
    };

    private IEnumerable<JsonNode> Mounts
    {
        get
        {
            yield return new JsonObject { ["sourceVolume"] = "work", ["containerPath"] = WorkFolder, ["readOnly"] = false };
            if (Job.NeedsFiles)
                yield return new JsonObject { ["sourceVolume"] = "files", ["containerPath"] = FilesFolder, ["readOnly"] = true };
        }
    }

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);

    private static JsonArray Pairs(IEnumerable<KeyValuePair<string, string>> pairs, string key) =>
        new([.. pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => new JsonObject { ["name"] = pair.Key, [key] = pair.Value })]);
}
