using System.Text;
using System.Text.Json;
using TwiBackup.Policy;
using TwiBackup.Reports;
using TwiBackup.Reports.Live;
using TwiBackup.Tests.Scheduling;

namespace TwiBackup.Tests.Reports.Live;

/// <summary>Many readers, one look at the store; and what they are told when it can't be looked at.</summary>
public sealed class LiveReportTests : IDisposable
{
    private readonly ManualClock clock = new(SampleReports.Now);
    private readonly CancellationTokenSource stopping = new();
    private readonly LiveReport live;
    private Func<Task<SystemReport>> read = () => Task.FromResult(SampleReports.Good());
    private int looks;

    public LiveReportTests() => live = new LiveReport(
        "twi-bot",
        _ =>
        {
            Interlocked.Increment(ref looks);
            return read();
        },
        clock, stopping.Token);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        live.Dispose();
        stopping.Dispose();
    }

    [Fact]
    public async Task Many_readers_at_once_cost_one_look()
    {
        var gate = new TaskCompletionSource<SystemReport>();
        read = () => gate.Task;
        var readers = Enumerable.Range(0, 100).Select(_ => live.GetAsync(Cancellation)).ToList();
        gate.SetResult(SampleReports.Good());
        var views = await Task.WhenAll(readers);
        Assert.Equal(1, looks);
        Assert.Single(views.Distinct());
    }

    [Fact]
    public async Task What_was_found_is_shown_for_a_few_seconds_and_then_looked_at_again()
    {
        await live.GetAsync(Cancellation);
        clock.Advance(TimeSpan.FromSeconds(4.9));
        await live.GetAsync(Cancellation);
        Assert.Equal(1, looks);
        clock.Advance(TimeSpan.FromSeconds(0.2));
        await live.GetAsync(Cancellation);
        Assert.Equal(2, looks);
    }

    [Fact]
    public async Task A_store_that_takes_long_is_looked_at_less_often()
    {
        read = () =>
        {
            clock.Advance(TimeSpan.FromSeconds(20));
            return Task.FromResult(SampleReports.Good());
        };
        await live.GetAsync(Cancellation);
        clock.Advance(TimeSpan.FromSeconds(59));
        await live.GetAsync(Cancellation);
        Assert.Equal(1, looks);
        clock.Advance(TimeSpan.FromSeconds(2));
        await live.GetAsync(Cancellation);
        Assert.Equal(2, looks);
    }

    [Fact]
    public async Task A_reader_who_leaves_takes_nobody_else_along()
    {
        var gate = new TaskCompletionSource<SystemReport>();
        read = () => gate.Task;
        var first = live.GetAsync(Cancellation);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var second = live.GetAsync(leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        gate.SetResult(SampleReports.Good());
        Assert.Equal(ExitCode.Done, (await first).Code);
        Assert.Equal(1, looks);
    }

    [Fact]
    public async Task A_store_that_can_not_be_read_is_said_on_the_page_and_is_no_good_health()
    {
        read = () => Task.FromException<SystemReport>(new TwiBackupException("s3://bucket does not answer. Is the network there?"));
        var view = await live.GetAsync(Cancellation);
        Assert.Contains("s3://bucket does not answer", PageReader.Read(Encoding.UTF8.GetString(view.Html)).Body!.Words(), StringComparison.Ordinal);
        Assert.Equal((null, ExitCode.Failed, "UNKNOWN twi-bot: s3://bucket does not answer. Is the network there?"), (view.Json, view.Code, view.Health));
    }

    [Fact]
    public async Task What_was_known_before_is_still_shown_and_said_to_be_old()
    {
        await live.GetAsync(Cancellation);
        clock.Advance(TimeSpan.FromSeconds(6));
        read = () => Task.FromException<SystemReport>(new IOException("the disk is gone"));
        var view = await live.GetAsync(Cancellation);
        var page = PageReader.Read(Encoding.UTF8.GetString(view.Html));
        Assert.Equal("Unexpected: IOException: the disk is gone What follows is as of then.", page.QuerySelector("[role=alert]")!.Words());
        Assert.NotEmpty(page.Rows("#components table"));
        Assert.Equal(ExitCode.Failed, view.Code);
        clock.Advance(TimeSpan.FromSeconds(6));
        read = () => Task.FromResult(SampleReports.Broken());
        view = await live.GetAsync(Cancellation);
        Assert.Equal((null, ExitCode.ObjectiveMissed), (view.Problem, view.Code));
        Assert.StartsWith("MISSED twi-bot: full: ", view.Health, StringComparison.Ordinal);
        Assert.Equal("twibackup-report-1", JsonDocument.Parse(view.Json!).RootElement.GetProperty("format").GetString());
    }
}
