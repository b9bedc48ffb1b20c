using Spectre.Console;
using TwiBackup.Progress;
using TwiBackup.Rehearsal;

namespace TwiBackup.Commands;

/// <summary>
/// Progress of many rehearsals: on a terminal a line each, which says what it is at and at last what came of it; elsewhere the lines of
/// <see cref="LineProgress"/>.
/// </summary>
internal static class SuiteProgress
{
    /// <summary>Runs <paramref name="work"/>; what it is given is told when one has ended.</summary>
    public static async Task<RehearsalSuite> RunAsync(
        IEnumerable<string> names, Func<IProgressReporter, Action<RehearsalReport>, Task<RehearsalSuite>> work)
    {
        var console = ConsoleProgress.Error;
        if (Console.IsErrorRedirected || !console.Profile.Capabilities.Interactive)
        {
            var lines = new LineProgress(Console.Error);
            return await work(lines, report => lines.Say($"{report.Scenario}: {RehearsalOutput.Sentence(report)}"));
        }

        RehearsalSuite? suite = null;
        console.MarkupLine("[bold]Rehearsing every disaster[/], each on a system of its own that is built, lost and recovered.");
        await console.Progress()
            .AutoClear(false)
            .HideCompleted(false)
            .Columns(new SpinnerColumn { CompletedText = "·" }, new TaskDescriptionColumn { Alignment = Justify.Left }, new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                var tasks = names.ToDictionary(n => n, n => context.AddTask(Markup.Escape(n.PadRight(Longest)), autoStart: false));
                var waiting = new Queue<string>(tasks.Keys);
                var progress = new OneOfMany(tasks, waiting);
                progress.Next();
                suite = await work(progress, progress.Done);
            });
        return suite!;
    }

    private const int Longest = 15;

    private sealed class OneOfMany(IReadOnlyDictionary<string, ProgressTask> tasks, Queue<string> waiting) : IProgressReporter
    {
        private string? current;

        public void Next()
        {
            if (!waiting.TryDequeue(out current))
                return;
            tasks[current].IsIndeterminate = true;
            tasks[current].StartTask();
        }

        public void Done(RehearsalReport report)
        {
            var color = report.Met ? "green" : "red";
            Describe(report.Scenario, $"[{color}]{Markup.Escape(RehearsalOutput.Sentence(report))}[/]");
            tasks[report.Scenario].StopTask();
            Next();
        }

        public void Stage(string name, long? totalBytes = null)
        {
            if (current is { } running)
                Describe(running, $"[dim]{Markup.Escape(totalBytes is { } total ? $"{name} ({Sizes.Text(total)})" : name)}[/]");
        }

        public void Advance(long bytes)
        {
        }

        // What is said on the way stands in the report.
        public void Say(string line)
        {
        }

        public void Warn(string line)
        {
        }

        private void Describe(string name, string text) => tasks[name].Description = $"{Markup.Escape(name.PadRight(Longest))} {text}";
    }
}
