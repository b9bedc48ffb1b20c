using System.Diagnostics;
using System.Globalization;

namespace TwiBackup.Tests.Verification.Live;

public sealed class ProcessChecksTests
{
    [Fact]
    public async Task A_process_that_has_run_long_enough_passes_and_one_that_has_just_begun_fails()
    {
        await using var system = new LiveSystem();
        // A number that nobody else sleeps for.
        var seconds = (1_000_000 + Environment.ProcessId).ToString(CultureInfo.InvariantCulture);
        using var process = Process.Start("sleep", [seconds]);
        try
        {
            var section = $$"""{ "process": { "command": "sleep {{seconds}}", "upFor": "0s" } }""";
            var record = await system.AskAsync(section, "process");
            LiveSystem.Passed(record);
            Assert.StartsWith($"process {process.Id}, up for ", record.Checks[0].Detail, StringComparison.Ordinal);
            var failed = LiveSystem.Failed(await system.AskAsync(section.Replace("0s", "1h", StringComparison.Ordinal), "process"));
            Assert.Contains("does it start again and again?", failed.Detail, StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(LiveSystem.Cancellation);
        }

        Assert.Contains(
            "no process has",
            LiveSystem.Failed(await system.AskAsync($$"""{ "process": { "command": "sleep {{seconds}}" } }""", "process")).Detail, StringComparison.Ordinal);
    }
}
