using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Status;
using TwiBackup.Tests.Invariants;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Status;

/// <summary>The line that the cloud's alarms take their numbers from.</summary>
public sealed partial class StatusNumbersTests
{
    [Fact]
    public void Every_number_that_an_alarm_of_infra_takes_is_in_the_line()
    {
        var now = new DateTimeOffset(2026, 11, 23, 2, 0, 0, TimeSpan.Zero);
        var point = new RecoverablePoint(now.AddSeconds(-3), "0/1", 1, "15-1", "20261123T010000Z-9f3c", 1, 5);
        var status = new SystemStatus
        {
            Format = SystemStatus.CurrentFormat,
            System = "twi",
            Store = "file:///s",
            At = now,
            Recoverable = point,
            Components = [new ComponentStatus { Name = "rehearsal", State = ComponentState.Good, Detail = "", AgeSeconds = 7 }],
        };
        var source = new SourceServer(
            false, "", TimeSpan.Zero, new SlotState(true, true, 1, Lsn.Parse("0/1000000"), "reserved", 99), Lsn.Parse("0/1000400"));

        var line = JsonSerializer.Serialize(StatusNumbers.Of(status, source), StatusNumbersJson.Default.StatusNumbers);

        Assert.DoesNotContain('\n', line);
        var asked = Field().Matches(File.ReadAllText(Repository("infra/Watching/StatusMetrics.cs"))).Select(m => m.Groups[1].Value).ToList();
        Assert.True(asked.Count >= 3, string.Join(' ', asked));
        var said = asked.ToDictionary(path => path, path => path.Split('.').Aggregate(JsonNode.Parse(line), (node, member) => node?[member])?.GetValue<double>());
        Assert.Equal(0x400, said["wal.slotRetainedBytes"]);
        Assert.Equal(3, said["database.recoverableAgeSeconds"]);
        Assert.Equal(7, said["rehearsal.ageSeconds"]);
        Assert.DoesNotContain(null, said.Values);
    }

    [Fact]
    public async Task What_the_slot_holds_back_is_asked_of_the_server_and_a_dead_server_keeps_nothing_from_being_told()
    {
        await using var system = await CommandLine.StartAsync();
        await system.Server.ExecuteAsync(
            "postgres", "select pg_create_physical_replication_slot('twibackup', true)", "create table t as select * from generate_series(1, 20000)");

        var line = JsonNode.Parse((await system.RunAsync("status", "--check", "--json")).Output)!;
        Assert.InRange(line["wal"]!["slotRetainedBytes"]!.GetValue<long>(), 500_000, 1L << 30);
        Assert.Equal("missed", line["state"]!.GetValue<string>());
        Assert.StartsWith("MISSED twi: full: there is none", line["verdict"]!.GetValue<string>(), StringComparison.Ordinal);

        await system.WritePolicyAsync(p => p["database"]!["connection"] = $"host=127.0.0.1 port={LocalServer.FreePort()} user=replicator dbname=postgres sslmode=disable");
        var dead = await system.RunAsync("status", "--check", "--json");
        Assert.Equal((int)ExitCode.ObjectiveMissed, dead.ExitCode);
        Assert.Null(JsonNode.Parse(dead.Output)!["wal"]!["slotRetainedBytes"]);
        Assert.Contains("127.0.0.1", dead.Errors, StringComparison.Ordinal);
    }

    private static string Repository(string path)
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, path)))
                return Path.Combine(folder, path);
        }

        throw new FileNotFoundException(path);
    }

    [GeneratedRegex(@"""\$\.([A-Za-z.]+)""")]
    private static partial Regex Field();
}
