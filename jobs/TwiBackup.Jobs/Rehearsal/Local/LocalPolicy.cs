using System.Globalization;
using System.Text.Json;
using TwiBackup.Postgres;
using TwiBackup.Sealing;

namespace TwiBackup.Rehearsal.Local;

/// <summary>The policy on the host of a rehearsed system, as far as its receiver needs one. It names no identity.</summary>
internal static class LocalPolicy
{
    public static async Task WriteAsync(string path, ConnectionSettings replicator, string storeUrl, LocalKeys keys, CancellationToken cancellationToken)
    {
        await using var file = File.Create(path);
        await using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("version", 1);
        json.WriteString("system", LocalSystem.Name);
        json.WriteStartObject("database");
        json.WriteString("mode", "physical");
        json.WriteString("connection", string.Create(
            CultureInfo.InvariantCulture, $"host={replicator.Host} port={replicator.Port} user={replicator.User} dbname={replicator.Database} sslmode=disable"));
        json.WriteString("password", "env:PGPASSWORD");
        json.WriteString("slot", LocalSystem.Slot);
        json.WriteEndObject();
        json.WriteStartObject("stores");
        json.WriteString("primary", storeUrl);
        json.WriteEndObject();
        json.WriteStartObject("keys");
        WriteList(json, "recipients", keys.Recipients);
        json.WriteString("signingKey", $"file:{keys.SigningFile}");
        WriteList(json, "trusted", (VerifyKey[])[keys.Signer.Public]);
        json.WriteEndObject();
        json.WriteStartObject("backups");
        WriteSchedule(json, "full", "0 2 * * *", "30d", null);
        WriteSchedule(json, "incremental", "0 * * * *", "7d", "1s");
        json.WriteEndObject();
        json.WriteString("recoveryWindow", "7d");
        json.WriteStartObject("objectives");
        WriteObjective(json, "database", "1h", "2h");
        WriteObjective(json, "system", null, "4h");
        json.WriteEndObject();
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken);
    }

    private static void WriteList<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value!.ToString());
        json.WriteEndArray();
    }

    private static void WriteSchedule(Utf8JsonWriter json, string name, string schedule, string keep, string? flushInterval)
    {
        json.WriteStartObject(name);
        json.WriteString("schedule", schedule);
        json.WriteString("keep", keep);
        if (flushInterval is not null)
            json.WriteString("flushInterval", flushInterval);
        json.WriteEndObject();
    }

    private static void WriteObjective(Utf8JsonWriter json, string name, string? rpo, string rto)
    {
        json.WriteStartObject(name);
        if (rpo is not null)
            json.WriteString("rpo", rpo);
        json.WriteString("rto", rto);
        json.WriteEndObject();
    }
}
