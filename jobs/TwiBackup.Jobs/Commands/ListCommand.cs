using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using TwiBackup.Catalog;
using TwiBackup.Progress;
using TwiBackup.Verification;

namespace TwiBackup.Commands;

/// <summary><c>twibackup list</c>.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var kind = new Argument<string?>("kind")
        {
            Description = "Only this kind: full, dump, configuration, repository, logs",
            Arity = ArgumentArity.ZeroOrOne,
        };
        kind.AcceptOnlyFromAmong([.. SetKinds.All.Select(k => k.Name())]);
        var command = new Command("list", "Show the backup sets in the store, oldest first") { kind, GlobalOptions.Json };
        return command.Runs(JobRole.Reader, async (parsed, job, cancellationToken) =>
        {
            var kinds = SetKinds.TryParse(parsed.GetValue(kind) ?? "", out var one) ? [one] : SetKinds.All;
            var sets = new List<BackupSet>();
            var refused = new List<RefusedSet>();
            foreach (var each in kinds)
            {
                var listing = await job.Catalog.ListAsync(each, cancellationToken);
                sets.AddRange(listing.Sets);
                refused.AddRange(listing.Refused);
            }

            var proven = await ProvenAsync(job, cancellationToken);
            if (parsed.GetValue(GlobalOptions.Json))
                WriteJson(sets, refused, proven);
            else
                WriteTable(sets, refused, proven, job);
            return refused.Count > 0 ? ExitCode.ObjectiveMissed : ExitCode.Done;
        });
    }

    private static async Task<Dictionary<string, DateTimeOffset>> ProvenAsync(JobContext job, CancellationToken cancellationToken)
    {
        var proven = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (var record in await job.Verifications().ListAsync(cancellationToken))
        {
            if (record.Proven)
                proven[record.Set] = record.CompletedAt;
        }

        return proven;
    }

    private static void WriteTable(List<BackupSet> sets, List<RefusedSet> refused, Dictionary<string, DateTimeOffset> proven, JobContext job)
    {
        if (sets.Count + refused.Count == 0)
        {
            Console.Out.WriteLine($"{job.Store.Location} holds no sets of {job.Policy.System}. Take one with: twibackup backup database");
            return;
        }

        var now = job.Clock.GetUtcNow();
        var table = new Table().Border(TableBorder.Simple).AddColumns("kind", "id", "completed (UTC)", "size", "stored", "timeline, LSN", "proven", "kept until");
        foreach (var set in sets)
        {
            var m = set.Manifest;
            table.AddRow(
                new Text(m.Kind), new Text(m.Id), new Text(m.CompletedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)),
                new Text(Sizes.Text(m.PlainBytes)), new Text(Sizes.Text(m.StoredBytes)),
                new Text(m.Database is { StopLsn: not null } d ? $"{d.Timeline}, {d.StopLsn}" : "-"),
                new Text(proven.TryGetValue($"{m.Kind}/{m.Id}", out var at) ? at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "no"),
                new Text(m.KeepUntil.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) + (m.KeepUntil < now ? " (past)" : "")));
        }

        foreach (var set in refused)
            table.AddRow(new Text(set.Kind.Name()), new Text(set.Id), new Text("REFUSED", new Style(Color.Red)), new Text(""), new Text(""), new Text(""), new Text(""), new Text(""));
        Output.Console.Write(table);
        foreach (var set in refused)
            Console.Error.WriteLine(set.Reason);
    }

    private static void WriteJson(List<BackupSet> sets, List<RefusedSet> refused, Dictionary<string, DateTimeOffset> proven)
    {
        using var output = Console.OpenStandardOutput();
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartArray("sets");
        foreach (var set in sets)
        {
            json.WriteStartObject();
            json.WriteString("kind", set.Manifest.Kind);
            json.WriteString("id", set.Id);
            json.WriteString("startedAt", set.Manifest.StartedAt);
            json.WriteString("completedAt", set.Manifest.CompletedAt);
            json.WriteString("keepUntil", set.Manifest.KeepUntil);
            json.WriteNumber("plainBytes", set.Manifest.PlainBytes);
            json.WriteNumber("storedBytes", set.Manifest.StoredBytes);
            if (set.Manifest.Database is { StopLsn: not null } database)
            {
                json.WriteNumber("timeline", database.Timeline);
                json.WriteString("startLsn", database.StartLsn);
                json.WriteString("stopLsn", database.StopLsn);
            }

            if (proven.TryGetValue($"{set.Manifest.Kind}/{set.Id}", out var at))
                json.WriteString("provenAt", at);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("refused");
        foreach (var set in refused)
        {
            json.WriteStartObject();
            json.WriteString("kind", set.Kind.Name());
            json.WriteString("id", set.Id);
            json.WriteString("reason", set.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }
}
