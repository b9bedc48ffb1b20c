using System.Text;
using System.Text.Json;
using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Status;

namespace TwiBackup.Reports.Live;

/// <summary>
/// The report as of a moment ago, for any number of readers: the stores are looked at by one at a time, and not again before what was
/// found has had its time. When the store can't be read, that is what readers are told, with what was known before.
/// </summary>
/// <param name="read">Looks at the stores.</param>
/// <param name="stopping">Ends a look under way; a reader who leaves does not.</param>
public sealed class LiveReport(string system, Func<CancellationToken, Task<SystemReport>> read, TimeProvider clock, CancellationToken stopping) : IDisposable
{
    /// <summary>How long what was found is shown at least.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(5);

    /// <summary>A store that takes long to be looked at is looked at no more than this part of the time.</summary>
    private const int LongestShare = 3;

    private readonly SemaphoreSlim one = new(1, 1);
    private SystemReport? last;
    private LiveView? view;
    private long lookAgain;

    /// <summary>What is known now.</summary>
    public async Task<LiveView> GetAsync(CancellationToken cancellationToken)
    {
        if (Current() is { } known)
            return known;
        await one.WaitAsync(cancellationToken);
        try
        {
            return Current() ?? await LookAsync();
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();

    private LiveView? Current() => Volatile.Read(ref view) is { } known && clock.GetTimestamp() < Volatile.Read(ref lookAgain) ? known : null;

    private async Task<LiveView> LookAsync()
    {
        var began = clock.GetTimestamp();
        var found = await ViewAsync();
        var now = clock.GetTimestamp();
        var rest = clock.GetElapsedTime(began, now) * LongestShare;
        Volatile.Write(ref lookAgain, now + (long)((rest > Shortest ? rest : Shortest).TotalSeconds * clock.TimestampFrequency));
        Volatile.Write(ref view, found);
        return found;
    }

    private async Task<LiveView> ViewAsync()
    {
        string? problem = null;
        try
        {
            last = await read(stopping);
        }
#pragma warning disable CA1031 // Whatever it is, people are told of it on the page.
        catch (Exception e) when (!stopping.IsCancellationRequested)
#pragma warning restore CA1031
        {
            problem = e is TwiBackupException ? e.Message : $"Unexpected: {e.GetType().Name}: {e.Message}";
        }

        if (last is not { } report)
            return new LiveView(Bytes(SystemPage.Unreadable(system, ToolVersion.Text, problem!)), null, problem, StatusCheck.UnknownLine(system, problem!), ExitCode.Failed);
        return new LiveView(
            Bytes(SystemPage.Render(report, live: true, problem)),
            JsonSerializer.SerializeToUtf8Bytes(report, ReportJson.Default.SystemReport),
            problem,
            problem is null ? StatusCheck.LineOf(report.Status) : StatusCheck.UnknownLine(system, problem),
            problem is null ? StatusCheck.CodeOf(report.Status) : ExitCode.Failed);
    }

    private static byte[] Bytes(string html) => Encoding.UTF8.GetBytes(html);
}
