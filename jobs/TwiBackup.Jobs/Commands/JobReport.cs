using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using TwiBackup.Alerts;
using TwiBackup.Policy;
using TwiBackup.Scheduling;

namespace TwiBackup.Commands;

/// <summary>
/// Tells how a job of the command line ended. Jobs are what people count on to have happened: backups, verifications, prune, rehearsals and
/// the receiver. Told are those that nobody watches: a person at a terminal sees the end, and a scheduler tells it itself.
/// </summary>
internal sealed class JobReport : IAsyncDisposable
{
    /// <summary>What a collector that does not answer may cost at the end.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(3);

    /// <summary>The same for the scheduler and its jobs, which have 10 s to end.</summary>
    public static readonly TimeSpan LastWordsOfMany = TimeSpan.FromSeconds(0.5);

    private readonly ParseResult parsed;
    private readonly string? job;

    // Commands take secrets out of the environment once they have read them.
    private readonly IReadOnlyDictionary<string, string> environment = ProcessEnvironment.Read();
    private readonly TelemetryExport? telemetry;
    private readonly Activity? activity;
    private readonly long began = TimeProvider.System.GetTimestamp();

    private JobReport(ParseResult parsed)
    {
        this.parsed = parsed;
        job = NameOf(parsed);
        if (job is null)
            return;
        telemetry = TelemetryExport.Start(environment, ParentWatch.IsSupervised ? LastWordsOfMany : LastWords);
        activity = Telemetry.Activities.StartActivity(job, ActivityKind.Internal);
    }

    public static JobReport Begin(ParseResult parsed) => new(parsed);

    /// <summary>Whether alerts are sent by this process: <c>--alert</c> says it, else whether nobody is there to see.</summary>
    public static bool IsAlerting(ParseResult parsed) => parsed.GetResult(GlobalOptions.Alert) is { } given
        ? given.Tokens.Count == 0 || parsed.GetValue(GlobalOptions.Alert) == true
        // A rehearsal on a system of its own has nothing to do with the policy that may lie in the working directory.
        : NameOf(parsed) != "rehearse" && !ParentWatch.IsSupervised && Console.IsInputRedirected && Console.IsOutputRedirected && Console.IsErrorRedirected;

    /// <summary>The alerts of the policy that a command line names; null: none are to be sent, or there is no policy to say where.</summary>
    /// <param name="environment">The variables this process was started with.</param>
    public static JobAlerts? OpenAlerts(ParseResult parsed, IReadOnlyDictionary<string, string> environment)
    {
        if (!IsAlerting(parsed))
            return null;
        try
        {
            var policy = PolicyFile.Load(PolicyFile.Find(parsed.GetValue(GlobalOptions.Policy), environment));
            return policy.Alerts is { Discord: null, Ping: null } ? null : JobAlerts.Open(policy, environment, Console.Error.WriteLine, TimeProvider.System);
        }
        catch (TwiBackupException e)
        {
            Console.Error.WriteLine($"NO ALERT CAN BE SENT: {e.Message}");
            return null;
        }
    }

    /// <summary>The job has ended; told within bounds, and never failing.</summary>
    public async Task EndAsync(int code, string? reason, bool isStopped)
    {
        if (job is null)
            return;
        var outcome = new JobOutcome(job, ResultOf(code, isStopped), reason ?? ReasonOf(code), TimeProvider.System.GetElapsedTime(began));
        activity?.SetStatus(outcome.Result == JobResult.Failed ? ActivityStatusCode.Error : ActivityStatusCode.Ok, outcome.Reason);
        if (!ParentWatch.IsSupervised)
            Telemetry.JobEnded(outcome);
        if (outcome.Result == JobResult.Stopped)
            return;
        await using var alerts = OpenAlerts(parsed, environment);
        if (alerts is not null)
            await alerts.ReportAsync(outcome, CancellationToken.None);
    }

    public ValueTask DisposeAsync()
    {
        activity?.Dispose();
        telemetry?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The job as it is typed; null: the command is none.</summary>
    internal static string? NameOf(ParseResult parsed)
    {
        var words = new Stack<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult { Command: not RootCommand } command; at = at.Parent)
            words.Push(command.Command.Name);
        var name = string.Join(' ', words);
        var isLeaf = parsed.CommandResult.Command.Subcommands.Count == 0 && parsed.Action is not System.CommandLine.Help.HelpAction;
        return isLeaf && (words.TryPeek(out var first) && first is "backup" or "verify" or "prune" or "rehearse" || name == ReceiverWatch.Name) ? name : null;
    }

    private JobResult ResultOf(int code, bool isStopped) =>
        isStopped || (code == 0 && job == ReceiverWatch.Name) ? JobResult.Stopped
        : code == 0 ? JobResult.Succeeded
        : JobResult.Failed;

    private static string? ReasonOf(int code) => code switch
    {
        (int)ExitCode.Done => null,
        (int)ExitCode.ObjectiveMissed => "An objective or a check was missed; its output says which.",
        _ => $"It ended with exit code {code}; its output says why.",
    };
}
