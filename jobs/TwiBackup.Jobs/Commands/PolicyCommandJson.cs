using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using TwiBackup.Policy;

namespace TwiBackup.Commands;

/// <summary>Prints a checked policy for programs. Durations are seconds, times ISO 8601 with the zone's offset.</summary>
internal static class PolicyCommandJson
{
    public static void Write(string path, BackupPolicy policy, IReadOnlyList<Finding> findings, DateTimeOffset now, TextWriter output) =>
        WriteObject(output, json =>
        {
            json.WriteString("file", path);
            json.WriteBoolean("valid", findings.All(finding => finding.Severity != Severity.Error));
            json.WriteString("system", policy.System);
            json.WriteString("timeZone", policy.TimeZone.Id);
            json.WriteStartArray("promises");
            foreach (var promise in Promises.Of(policy, now))
                WritePromise(json, promise);
            json.WriteEndArray();
            WriteProof(json, RecoverabilityProof.Of(policy, now));
            json.WriteStartArray("findings");
            foreach (var finding in findings)
            {
                json.WriteStartObject();
                json.WriteString("severity", finding.Severity == Severity.Error ? "error" : "warning");
                json.WriteString("path", finding.Path);
                json.WriteString("message", finding.Message);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });

    /// <summary>A file that is no policy: its errors, one line each.</summary>
    public static void WriteErrors(string path, IReadOnlyList<string> errors, TextWriter output) =>
        WriteObject(output, json =>
        {
            json.WriteString("file", path);
            json.WriteBoolean("valid", false);
            json.WriteStartArray("errors");
            foreach (var error in errors)
                json.WriteStringValue(error);
            json.WriteEndArray();
        });

    private static void WritePromise(Utf8JsonWriter json, Promise promise)
    {
        json.WriteStartObject();
        json.WriteString("type", promise.Type);
        json.WriteString("how", promise.How);
        json.WriteString("schedule", promise.Schedule.ToString());
        json.WriteStartArray("nextRuns");
        foreach (var run in promise.NextRuns)
            json.WriteStringValue(run);
        json.WriteEndArray();
        json.WriteNumber("keptSeconds", promise.Kept.TotalSeconds);
        json.WriteString("meets", promise.Meets);
        json.WriteEndObject();
    }

    private static void WriteProof(Utf8JsonWriter json, RecoverabilityProof proof)
    {
        json.WriteStartObject("proof");
        json.WriteBoolean("holds", proof.Holds);
        json.WriteNumber("windowSeconds", proof.Window.TotalSeconds);
        WriteSeconds(json, "longestGapSeconds", proof.LongestGap);
        WriteSeconds(json, "neededSeconds", proof.Needed);
        WriteSeconds(json, "keptSeconds", proof.Keep);
        json.WriteNumber("spare", proof.Spare);
        json.WriteStartArray("sentences");
        foreach (var sentence in proof.Sentences)
            json.WriteStringValue(sentence);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSeconds(Utf8JsonWriter json, string name, TimeSpan? duration)
    {
        if (duration is { } value)
            json.WriteNumber(name, value.TotalSeconds);
        else
            json.WriteNull(name);
    }

    private static void WriteObject(TextWriter output, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        // Read by programs and people, never inside HTML: quotes need no more than a backslash.
        var options = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }
}
