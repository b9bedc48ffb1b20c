using Spectre.Console;
using TwiBackup.Progress;

namespace TwiBackup.Commands;

/// <summary>
/// Progress on standard error: bars with rates on a terminal, a line a stage elsewhere. Standard output stays free for results.
/// </summary>
internal static class ConsoleProgress
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>The console for messages to a person.</summary>
    public static readonly IAnsiConsole Error = Output.Create(Console.Error, Console.IsErrorRedirected);

    /// <summary>Runs <paramref name="work"/> and shows what it reports.</summary>
    public static async Task<T> RunAsync<T>(Func<IProgressReporter, Task<T>> work)
    {
        if (Console.IsErrorRedirected || !Error.Profile.Capabilities.Interactive)
            return await work(new LineProgress(Console.Error));

        T? result = default;
        await Error.Progress()
            .AutoClear(false)
            .HideCompleted(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn { Width = 30 },
                new PercentageColumn(),
                new AmountColumn(),
                new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                var progress = new BarProgress(context, Error);
                try
                {
                    result = await work(progress);
                    progress.Finish();
                }
                catch
                {
                    progress.Stop();
                    throw;
                }
            });
        return result!;
    }

    private sealed class BarProgress(ProgressContext context, IAnsiConsole console) : IProgressReporter
    {
        private readonly Lock gate = new();
        private ProgressTask? current;

        public void Stage(string name, long? totalBytes = null)
        {
            lock (gate)
            {
                Finish();
                current = context.AddTask(Markup.Escape(name), autoStart: true, maxValue: totalBytes ?? 1);
                current.IsIndeterminate = totalBytes is null;
            }
        }

        public void Advance(long bytes)
        {
            // Spectre's tasks are thread safe.
            current?.Increment(bytes);
        }

        public void Say(string line) => console.MarkupLine(Markup.Escape(line));

        public void Warn(string line) => console.MarkupLine($"[yellow]warning:[/] {Markup.Escape(line)}");

        public void Finish()
        {
            if (current is { } task)
            {
                task.IsIndeterminate = false;
                task.Value = task.MaxValue;
                task.StopTask();
            }
        }

        public void Stop() => current?.StopTask();
    }
}
