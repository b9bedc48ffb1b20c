using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TwiBackup.Catalog;

namespace TwiBackup.Tests.Invariants;

/// <summary>
/// Somebody who makes the newest sets unreadable sends a recovery back in time. When that is further than the RPO, a person says so.
/// </summary>
public sealed partial class Decision22_A_step_back_is_accepted_by_a_person
{
    [Fact]
    public async Task A_restore_that_falls_back_behind_the_rpo_needs_the_accepted_time()
    {
        await using var system = await CommandLine.StartAsync();
        Assert.Equal(0, (await system.RunAsync("backup", "database")).ExitCode);
        Assert.Equal(0, (await system.RunAsync("backup", "database")).ExitCode);
        var sets = (await system.Catalog.ListAsync(SetKind.Full, CommandLine.Cancellation)).Sets;
        var directory = Path.Combine(system.Folder, "data");
        string[] restore = ["restore", "database", directory, "--dry-run"];

        // Nothing is refused: how old the newest set is concerns nobody here.
        await system.WritePolicyAsync(Promise("1s"));
        Assert.Equal(0, (await system.RunAsync(restore)).ExitCode);

        await File.AppendAllTextAsync(Path.Combine(system.Store.Root, sets[1].Manifest.Prefix, CatalogKeys.ManifestName), " ", CommandLine.Cancellation);
        var refused = await system.RunAsync(restore);
        Assert.Equal((int)ExitCode.Failed, refused.ExitCode);
        Assert.Contains($"Set {sets[1].Id} is newer and was passed over", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("further back than the RPO of 1 s", refused.Reason, StringComparison.Ordinal);

        // The line that it prints is the one that helps, and an accepted time after the newest good point does not.
        var accept = Accept().Match(refused.Reason);
        Assert.True(accept.Success, refused.Reason);
        var time = sets[0].Manifest.Database!.StopTime.AddSeconds(1).ToUniversalTime();
        Assert.Equal((int)ExitCode.Failed, (await system.RunAsync([.. restore, "--accept-data-loss-until", time.ToString("O")])).ExitCode);
        Assert.Equal((int)ExitCode.WrongUse, (await system.RunAsync([.. restore, "--accept-data-loss-until", "2026-11-23"])).ExitCode);
        var accepted = await system.RunAsync([.. restore, "--accept-data-loss-until", accept.Groups[1].Value]);
        Assert.True(accepted.ExitCode == 0, accepted.Errors);
        Assert.Contains($"full/{sets[0].Id}", accepted.Output, StringComparison.Ordinal);

        // Within the RPO nobody is asked.
        await system.WritePolicyAsync(Promise("1h"));
        Assert.Equal(0, (await system.RunAsync(restore)).ExitCode);
        Assert.False(Directory.Exists(directory));
    }

    private static Action<JsonObject> Promise(string rpo) => policy => policy["objectives"]!["database"]!["rpo"] = rpo;

    [GeneratedRegex("add --accept-data-loss-until ([^ ]+)\\.$")]
    private static partial Regex Accept();
}
