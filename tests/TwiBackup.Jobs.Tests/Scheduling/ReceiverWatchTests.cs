using System.Threading.Channels;
using TwiBackup.Scheduling;
using TwiBackup.Tests.Alerts;
using TwiBackup.Tests.Sealing;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Scheduling;

/// <summary>What a receiver tells, and what becomes of it.</summary>
public sealed class ReceiverWatchTests : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly Listener discord = new();
    private readonly TestAlerts alerts;
    private readonly ManualClock clock = new(new DateTimeOffset(2026, 11, 23, 2, 0, 0, TimeSpan.Zero));
    private readonly Channel<string> fulls = Channel.CreateUnbounded<string>();
    private readonly CancellationTokenSource stop = new();
    private readonly ReceiverWatch watch;
    private readonly Task running;

    public ReceiverWatchTests()
    {
        alerts = new TestAlerts(folder.Path, discord.Webhook);
        watch = new ReceiverWatch(alerts.Alerts, why => fulls.Writer.TryWrite(why), clock);
        running = watch.RunAsync(stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        await alerts.DisposeAsync();
        await discord.DisposeAsync();
        stop.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(WalEventKind.SlotLost)]
    [InlineData(WalEventKind.Gap)]
    public async Task A_broken_chain_is_told_asks_for_a_full_and_is_over_with_it(WalEventKind kind)
    {
        Hear(kind, "Slot twibackup lost WAL.");
        Assert.Equal("Slot twibackup lost WAL.", await fulls.Reader.ReadAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("❌", Title(await discord.NextEmbedAsync()), StringComparison.Ordinal);
        await watch.FullTakenAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("✅", Title(await discord.NextEmbedAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WalEventKind.NewCluster)]
    [InlineData(WalEventKind.ChainBegins)]
    public async Task A_new_chain_is_told_and_asks_for_a_full(WalEventKind kind)
    {
        Hear(kind, "A new chain begins.");
        Assert.Equal("A new chain begins.", await fulls.Reader.ReadAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("⚠️", Title(await discord.NextEmbedAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_outage_is_told_when_it_lasts_and_its_end_too()
    {
        Hear(WalEventKind.ServerOutage, "No WAL from twi@db.");
        // A server that restarts is none.
        await clock.AsleepAsync();
        clock.Advance(TimeSpan.FromSeconds(20));
        watch.Heard(new ReceiverLine { Connected = true, Cluster = "15-1", Timeline = 1 });
        Hear(WalEventKind.StoreOutage, "WAL can't be stored.");
        for (var i = 0; i < 60; i++)
        {
            await clock.AsleepAsync();
            clock.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Equal("❌ twi: wal receive (store) failed", Title(await discord.NextEmbedAsync()));
        Hear(WalEventKind.StoreBack, "over.");
        Assert.Equal("✅ twi: wal receive (store) works again", Title(await discord.NextEmbedAsync()));
        Assert.Equal(0, discord.Left);
    }

    [Fact]
    public void A_line_is_read_as_it_was_written_and_anything_else_is_none()
    {
        var line = ReceiverLine.Of(new WalEvent(WalEventKind.SlotLost, "a \"b\"\nc"));
        Assert.DoesNotContain('\n', line.Write());
        Assert.Equal(line, ReceiverLine.Read(line.Write()));
        Assert.Null(ReceiverLine.Read("Receiving WAL"));
        Assert.Null(ReceiverLine.Read("{ broken"));
    }

    [Fact]
    public void A_timeline_without_a_full_asks_for_one_once_and_not_while_one_runs()
    {
        var asked = new List<string>();
        var isRunning = true;
        var requests = new FullRequests(asked.Add, () => isRunning, clock);
        requests.Streams("15-1", 1);
        requests.Know("15-1", 1);
        requests.Streams("15-1", 1);
        requests.Streams("15-1", 2);
        Assert.Empty(asked);
        isRunning = false;
        requests.Streams("15-1", 2);
        requests.Streams("15-1", 2);
        requests.Streams("15-2", 1);
        Assert.Equal(["timeline 2 has no full", "cluster 15-2 sends WAL and has no full"], asked);
        requests.Know("15-2", 1);
        requests.Streams("15-2", 1);
        Assert.Equal(2, asked.Count);
    }

    private void Hear(WalEventKind kind, string message) => watch.Heard(ReceiverLine.Of(new WalEvent(kind, message)));

    private static string? Title(System.Text.Json.JsonElement embed) => embed.GetProperty("title").GetString();
}
