using TwiBackup.Progress;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

public sealed class StorePutsTests
{
    private readonly List<WalEventKind> told = [];

    [Fact]
    public async Task What_gives_up_by_itself_has_failed_and_is_tried_again()
    {
        var calls = 0;
        Assert.True(await Puts().KeepTryingAsync(
            _ => ++calls < 3 ? throw new TaskCanceledException("a request's own time was over") : Task.CompletedTask, null, WalTest.Cancellation));
        Assert.Equal(3, calls);
        Assert.Equal([WalEventKind.StoreOutage, WalEventKind.StoreBack], told);
    }

    [Fact]
    public async Task What_nobody_needs_any_more_is_not_tried_again()
    {
        var calls = 0;
        Assert.False(await Puts().KeepTryingAsync(_ => throw new IOException($"{++calls}"), () => true, WalTest.Cancellation));
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task A_cancellation_is_no_outage()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(WalTest.Cancellation);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Puts().KeepTryingAsync(
            async put =>
            {
                await stop.CancelAsync();
                put.ThrowIfCancellationRequested();
            },
            null, stop.Token));
        Assert.Empty(told);
    }

    private StorePuts Puts() => new(
        new OutageVoice(WalEventKind.StoreOutage, WalEventKind.StoreBack, "out", e => told.Add(e.Kind), SilentProgress.Instance, TimeProvider.System),
        TimeProvider.System);
}
