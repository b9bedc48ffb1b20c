using System.CommandLine;
using TwiBackup.Alerts;
using TwiBackup.Scheduling;
using TwiBackup.Wal;

namespace TwiBackup.Commands;

/// <summary>Tells what a receiver has to tell: to its scheduler as lines on standard output, or to people as alerts, or to nobody else.</summary>
internal sealed class ReceiverVoice : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly JobAlerts? alerts;
    private readonly ReceiverWatch? watch;
    private readonly CancellationTokenSource ended = new();
    private readonly Lock gate = new();
    private string said = "";

    private ReceiverVoice(bool isSupervised, JobAlerts? alerts, TimeProvider clock)
    {
        IsSupervised = isSupervised;
        this.alerts = alerts;
        watch = alerts is null ? null : new ReceiverWatch(alerts, null, clock);
    }

    public bool IsSupervised { get; }

    public static ReceiverVoice Open(ParseResult parsed, JobContext job) =>
        new(ParentWatch.IsSupervised, ParentWatch.IsSupervised ? null : JobReport.OpenAlerts(parsed, job.Environment), job.Clock);

    /// <summary>Something happened. Does not block on anybody who hears it.</summary>
    public void Tell(WalEvent what) => Tell(ReceiverLine.Of(what));

    /// <summary>Tells how the receiver stands as long as it runs.</summary>
    public async Task<WalReceiverResult> WhileAsync(Task<WalReceiverResult> running, Func<WalReceiverStatus> status)
    {
        var judging = watch?.RunAsync(ended.Token) ?? Task.CompletedTask;
        try
        {
            while (await Task.WhenAny(running, Task.Delay(Interval)) != running)
                Tell(ReceiverLine.Of(status()));
            return await running;
        }
        finally
        {
            await ended.CancelAsync();
            await judging;
        }
    }

    public async ValueTask DisposeAsync()
    {
        ended.Dispose();
        if (alerts is not null)
            await alerts.DisposeAsync();
    }

    private void Tell(ReceiverLine line)
    {
        watch?.Heard(line);
        if (!IsSupervised)
            return;
        var text = line.Write();
        lock (gate)
        {
            if (text == said)
                return;
            said = text;
            Console.Out.WriteLine(text);
        }
    }
}
