using System.Diagnostics;
using TwiBackup.Scheduling;
using TwiBackup.Tests.Alerts;
using TwiBackup.Tests.Sealing;

namespace TwiBackup.Tests.Scheduling;

/// <summary>Parts that must stay up.</summary>
public sealed class SupervisedTests : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly Listener discord = new();
    private readonly TestAlerts alerts;
    private int starts;

    public SupervisedTests() => alerts = new TestAlerts(folder.Path, discord.Webhook);

    public async ValueTask DisposeAsync()
    {
        await alerts.DisposeAsync();
        await discord.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_part_that_keeps_ending_is_started_again_told_and_told_to_be_up_again()
    {
        using var stop = new CancellationTokenSource();
        var script = Script($"[ -e {folder.File("healed")} ] && exec sleep 300\necho 'The server refuses us.' >&2\nexit 1");
        var running = Supervise(script, TimeSpan.FromMilliseconds(300)).RunAsync(stop.Token);
        var embed = await discord.NextEmbedAsync();
        Assert.Equal("❌ twi: wal receive failed", embed.GetProperty("title").GetString());
        Assert.StartsWith("The server refuses us. It was started 3 times in 10 minutes", embed.GetProperty("description").GetString(), StringComparison.Ordinal);
        folder.Write("healed", "");
        Assert.Equal("✅ twi: wal receive works again", (await discord.NextEmbedAsync()).GetProperty("title").GetString());
        Assert.InRange(starts, 4, 30);
        var watch = Stopwatch.StartNew();
        await stop.CancelAsync();
        await running;
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 8);
    }

    [Fact]
    public async Task A_part_that_is_used_wrongly_is_told_at_once_and_not_hurried()
    {
        using var stop = new CancellationTokenSource();
        var running = Supervise(Script("echo 'The policy has no key.' >&2; exit 2"), TimeSpan.FromHours(1)).RunAsync(stop.Token);
        Assert.Equal("The policy has no key.", (await discord.NextEmbedAsync()).GetProperty("description").GetString());
        Assert.Equal(1, starts);
        await stop.CancelAsync();
        await running;
    }

    private Supervised Supervise(string script, TimeSpan steady) => new(
        "wal receive",
        () =>
        {
            Interlocked.Increment(ref starts);
            return new OwnProgram(script, folder.File("p.json")).Start([], new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" }, _ => { }, _ => { });
        },
        alerts.Alerts, _ => { }, TimeProvider.System)
    {
        FirstWait = TimeSpan.FromMilliseconds(20),
        LongestWait = TimeSpan.FromMilliseconds(200),
        Steady = steady,
    };

    private string Script(string text)
    {
        var path = folder.Write("program", $"#!/bin/sh\n{text}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }
}
