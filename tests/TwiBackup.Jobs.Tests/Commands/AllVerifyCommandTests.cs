using System.Text.Json;
using System.Text.Json.Nodes;
using TwiBackup.Catalog;
using TwiBackup.Tests.Invariants;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Commands;

/// <summary><c>twibackup verify all</c> as a person and a scheduler run it.</summary>
public sealed class AllVerifyCommandTests
{
    [Fact]
    public async Task Every_kind_is_restored_and_recorded_and_a_damaged_one_keeps_no_other_from_it()
    {
        await using var line = await CommandLine.StartAsync();
        var settings = Path.Combine(line.Folder, "app.env");
        await File.WriteAllTextAsync(settings, "A=1", CommandLine.Cancellation);
        await line.WritePolicyAsync(policy =>
        {
            policy["backups"]!["configuration"] = new JsonObject
            {
                ["schedule"] = "onChange", ["keep"] = "90d", ["paths"] = new JsonArray(new JsonObject { ["path"] = settings }),
            };
            policy["backups"]!["logs"] = new JsonObject { ["schedule"] = "0 5 * * 0", ["keep"] = "90d", ["paths"] = new JsonArray("/nowhere/*.log.*") };
        });
        foreach (var what in (string[])["database", "configuration"])
        {
            var taken = await line.RunAsync("backup", what);
            Assert.True(taken.ExitCode == 0, taken.Errors);
        }

        var outcome = await line.RunAsync("verify", "all", "--scratch", line.Folder);
        Assert.True(outcome.ExitCode == 0, outcome.Output + outcome.Errors);
        Assert.Matches("full +[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4} +proven +[0-9]+ of [0-9]+ ", outcome.Output);
        Assert.Matches("configuration +.* proven ", outcome.Output);
        Assert.Matches("logs +- +nothing yet ", outcome.Output);
        Assert.Equal(["configuration", "full"], (await RecordsAsync(line)).Where(r => r.Proven).Select(r => r.Kind).Order());

        // Its archive, as a bad disk leaves it.
        var set = (await line.Catalog.ListAsync(SetKind.Configuration, CommandLine.Cancellation)).Sets[^1];
        var archive = Path.Combine(line.Store.Root, set.Key(set.Manifest.Objects[0]));
        var bytes = await File.ReadAllBytesAsync(archive, CommandLine.Cancellation);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(archive, bytes, CommandLine.Cancellation);
        outcome = await line.RunAsync("verify", "all", "--scratch", line.Folder, "--json");
        Assert.Equal(3, outcome.ExitCode);
        Assert.StartsWith($"configuration/{set.Id} did not pass its verification: ", outcome.Reason, StringComparison.Ordinal);
        var results = JsonSerializer.Deserialize(outcome.Output, VerificationJson.Default.IReadOnlyListKindResult)!;
        Assert.Equal(
            [("full", KindOutcome.Proven), ("configuration", KindOutcome.Failed), ("logs", KindOutcome.Nothing)], results.Select(r => (r.Kind, r.Outcome)));
        Assert.Equal(4, (await RecordsAsync(line)).Count);

        outcome = await line.RunAsync("verify", "all", "--structure");
        Assert.Equal(3, outcome.ExitCode);
        Assert.Matches("full +.* not proven ", outcome.Output);
        Assert.Empty(Directory.GetDirectories(line.Folder, "twibackup-*"));
    }

    [Fact]
    public async Task Without_any_set_nothing_was_verified_and_that_is_no_success()
    {
        await using var line = await CommandLine.StartAsync();
        var outcome = await line.RunAsync("verify", "all");
        Assert.Equal(3, outcome.ExitCode);
        Assert.Equal("full was not verified: the store holds none; take one: twibackup backup database.", outcome.Reason);
        Assert.Contains("NOT VERIFIED", outcome.Output, StringComparison.Ordinal);
    }

    private static Task<IReadOnlyList<VerificationRecord>> RecordsAsync(CommandLine line) =>
        new VerificationLog(line.Store.Store, CommandLine.System, [line.Keys.SigningPublic]).ListAsync(CommandLine.Cancellation);
}
