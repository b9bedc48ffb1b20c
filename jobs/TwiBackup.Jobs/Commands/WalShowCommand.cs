using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using TwiBackup.Wal;

namespace TwiBackup.Commands;

/// <summary><c>twibackup wal show</c>.</summary>
internal static class WalShowCommand
{
    internal static Command Create(Func<ParseResult, CancellationToken, Task<WalServices>> services)
    {
        var cluster = new Option<string?>("--cluster") { Description = "Only this one: <major>-<system identifier>" };
        var json = new Option<bool>("--json") { Description = "Write JSON" };
        var command = new Command("show", "Show what WAL the store holds, and what is missing; ends with 3 when something is") { cluster, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var with = await services(parsed, cancellationToken);
            await using var store = with.Store;
            var chains = new List<WalChain>();
            if (parsed.GetValue(cluster) is { } only)
            {
                chains.Add(await WalChain.LoadAsync(store, WalCommand.ReadCluster(with.System, only), cancellationToken));
            }
            else
            {
                await foreach (var folder in store.ListFoldersAsync(WalLayout.ClustersOf(with.System), cancellationToken))
                {
                    if (WalLayout.TryParseCluster(with.System, folder.TrimEnd('/').Split('/')[^1], out var layout))
                        chains.Add(await WalChain.LoadAsync(store, layout!, cancellationToken));
                }
            }

            var output = parsed.InvocationConfiguration.Output;
            await output.WriteAsync(parsed.GetValue(json) ? ToJson(chains) : ToText(chains, store.Location));
            return (int)(chains.Exists(c => c.Gaps().Any() || c.Contested.Count > 0 || c.Timelines.Any(t => t.Conflicts.Count > 0))
                ? ExitCode.ObjectiveMissed
                : ExitCode.Done);
        });
        return command;
    }

    internal static string ToText(List<WalChain> chains, string location)
    {
        var text = new StringBuilder();
        if (chains.Count == 0)
            text.Append(CultureInfo.InvariantCulture, $"{location} holds no WAL.\n");
        foreach (var chain in chains)
        {
            text.Append(CultureInfo.InvariantCulture, $"cluster {chain.Layout.Cluster}, segments of {chain.SegmentSize >> 20} MiB\n");
            foreach (var timeline in chain.Timelines)
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"  timeline {timeline.Timeline}: {timeline.SegmentCount} segments, {timeline.TailCount} tails, {timeline.StoredBytes} bytes stored");
                if (timeline.Ranges.Count > 0)
                    text.Append(
                        CultureInfo.InvariantCulture,
                        $", {timeline.Ranges[0].Start} to {timeline.Ranges[^1].End}, newest {timeline.NewestTime.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}");
                text.Append('\n');
                foreach (var conflict in timeline.Conflicts)
                    text.Append(CultureInfo.InvariantCulture, $"    {conflict} is there with two contents\n");
            }

            foreach (var contested in chain.Contested)
                text.Append(CultureInfo.InvariantCulture, $"  timeline {contested} is claimed with two histories\n");
            foreach (var gap in chain.Gaps())
                text.Append(CultureInfo.InvariantCulture, $"  {gap}\n");
            if (chain.Points.Count > 0)
                text.Append(CultureInfo.InvariantCulture, $"  {chain.Points.Count} restore points, the last {chain.Points[^1]}\n");
            foreach (var stranger in chain.Strangers)
                text.Append(CultureInfo.InvariantCulture, $"  {stranger} is none of ours\n");
        }

        return text.ToString();
    }

    internal static string ToJson(List<WalChain> chains)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartArray();
            foreach (var chain in chains)
                Write(json, chain);
            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(memory.GetBuffer(), 0, (int)memory.Length) + "\n";
    }

    private static void Write(Utf8JsonWriter json, WalChain chain)
    {
        json.WriteStartObject();
        json.WriteString("cluster", chain.Layout.Cluster);
        json.WriteNumber("segmentSize", chain.SegmentSize);
        json.WriteStartArray("timelines");
        foreach (var timeline in chain.Timelines)
        {
            json.WriteStartObject();
            json.WriteNumber("timeline", timeline.Timeline);
            json.WriteBoolean("history", timeline.HasHistory);
            json.WriteNumber("segments", timeline.SegmentCount);
            json.WriteNumber("tails", timeline.TailCount);
            json.WriteNumber("storedBytes", timeline.StoredBytes);
            if (timeline.NewestTime != default)
                json.WriteString("newest", timeline.NewestTime.UtcDateTime);
            json.WriteStartArray("ranges");
            foreach (var range in timeline.Ranges)
            {
                json.WriteStartObject();
                json.WriteString("start", range.Start.ToString());
                json.WriteString("end", range.End.ToString());
                json.WriteEndObject();
            }

            json.WriteEndArray();
            WriteAll(json, "conflicts", timeline.Conflicts);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteAll(json, "gaps", chain.Gaps());
        WriteAll(json, "contested", chain.Contested.Select(t => t.ToString(CultureInfo.InvariantCulture)));
        WriteAll(json, "points", chain.Points);
        WriteAll(json, "strangers", chain.Strangers);
        json.WriteEndObject();
    }

    private static void WriteAll(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
