using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;

namespace TwiBackup.AppHost;

/// <summary>How a resource that was started by hand ended.</summary>
/// <param name="ExitCode">Null: it never ran.</param>
/// <param name="Lines">What it said in this run and before, without times.</param>
internal sealed record JobEnd(int? ExitCode, IReadOnlyList<string> Lines)
{
    public bool IsGood => ExitCode == 0;

    /// <summary>The program says last what matters, in one line.</summary>
    public string LastWords => Lines.Count > 0 ? Lines[^1] : "It said nothing; see its log.";
}

/// <summary>Starts a resource that waits for a person, and waits for its end.</summary>
internal static partial class JobRun
{
    /// <summary>Runs it.</summary>
    public static async Task<JobEnd> RunAsync(IServiceProvider services, IResource job, CancellationToken cancellationToken)
    {
        var states = services.GetRequiredService<ResourceNotificationService>();
        var before = (await states.WaitForResourceAsync(job.Name, _ => true, cancellationToken)).Snapshot;
        if (before.State?.Text == KnownResourceStates.Running)
            return new JobEnd(null, [$"{job.Name} runs already; wait for its end."]);
        var started = await services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(job, KnownResourceCommands.StartCommand, cancellationToken);
        if (!started.Success)
            return new JobEnd(null, [started.ErrorMessage ?? $"{job.Name} could not be started."]);
        // What is still shown of the run before is not this one's end.
        var end = await states.WaitForResourceAsync(
            job.Name, e => HasEnded(e.Snapshot) && (e.Snapshot.StopTimeStamp != before.StopTimeStamp || e.Snapshot.State!.Text == KnownResourceStates.FailedToStart),
            cancellationToken);
        return new JobEnd(end.Snapshot.ExitCode, await LinesAsync(services, job, cancellationToken));
    }

    /// <summary>It ran and its exit code is known, or it will never run.</summary>
    public static bool HasEnded(CustomResourceSnapshot snapshot) =>
        snapshot.State?.Text == KnownResourceStates.FailedToStart
        || (snapshot.State is { } state && KnownResourceStates.TerminalStates.Contains(state.Text) && snapshot.ExitCode is not null);

    /// <summary>A line of a log without the time that Aspire puts before it.</summary>
    public static string Plain(LogLine line) => Time().Replace(line.Content, "").TrimEnd();

    private static async Task<IReadOnlyList<string>> LinesAsync(IServiceProvider services, IResource job, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        await foreach (var batch in services.GetRequiredService<ResourceLoggerService>().GetAllAsync(job).WithCancellation(cancellationToken))
            lines.AddRange(batch.Select(Plain).Where(line => line.Length > 0));
        return lines;
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d) ?")]
    private static partial Regex Time();
}
