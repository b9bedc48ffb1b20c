using System.Globalization;
using Spectre.Console;
using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Progress;
using TwiBackup.Recovery;

namespace TwiBackup.Commands;

/// <summary>Shows a recovery's plan and how it went.</summary>
internal static class RecoverReport
{
    /// <summary>The plan: sets with age and size, steps with shares and expected times.</summary>
    public static void Plan(RecoveryPlan plan, RecoveryOptions options)
    {
        var console = Output.Console;
        console.MarkupLine($"[bold]{(options.Isolated ? "Drill: " : "")}Recover {Markup.Escape(options.Catalog.System)}[/] from {Markup.Escape(options.Catalog.Store.Location)} to {Markup.Escape(options.Target.ToString())}.");
        console.Write(Sets(plan));
        if (plan.Database is { } database)
            console.MarkupLine(Markup.Escape($"The database can be recovered to {Time(database.NewestTime)}, {Ago(plan.MadeAt - database.NewestTime)}: LSN {database.Reach} on timeline {database.Path.Timeline}, by {Sizes.Text(database.ReplayBytes)} of WAL at most."));
        foreach (var line in plan.Skipped)
            console.MarkupLine($"[yellow]Passed over:[/] {Markup.Escape(line)}");
        Steps(console, plan);
        var expected = TimeSpan.FromTicks(plan.Steps.Sum(s => s.Expected?.Ticks ?? 0));
        console.MarkupLine(Markup.Escape($"Restoring takes about {Sizes.Text(expected)}; what commands take is not known. All must be back {(options.Objectives.System.Rto is { } rto ? $"within {Duration.Format(rto)}" : "in no promised time")}."));
        foreach (var folder in plan.InTheWay)
            console.MarkupLine($"[yellow]Kept aside:[/] what is in {Markup.Escape(folder)}");
        foreach (var problem in plan.Problems)
            console.MarkupLine($"[bold red]Would stop it:[/] {Markup.Escape(problem)}");
    }

    /// <summary>How far a journal is; nothing is done.</summary>
    public static ExitCode Journal(RecoveryOptions options, JobContext job)
    {
        using var journal = RecoveryJournal.Resume(options.JournalFile, options.Catalog.Keys.Signer, job.Clock)!;
        foreach (var step in RecoverySteps.All)
        {
            var last = journal.Entries.LastOrDefault(e => e.Step == step.Name() && e.Kind != JournalEntryKind.Noted);
            Console.Out.WriteLine($"{step.Name()}: {last?.Kind.ToString().ToLowerInvariant() ?? "not begun"}{(last?.Text is { } text ? $", {text}" : "")}");
        }

        return ExitCode.Done;
    }

    /// <summary>What was done, what was lost, how long it took.</summary>
    public static void Result(RecoveryResult result)
    {
        var console = Output.Console;
        console.WriteLine();
        var steps = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "step", "time", "share", "what");
        foreach (var step in result.Steps)
        {
            var (sign, style) = step.State switch
            {
                StepState.Done => ("✓", new Style(Color.Green)),
                StepState.Failed => ("✗", new Style(Color.Red, decoration: Decoration.Bold)),
                StepState.Skipped => ("-", new Style(Color.Grey)),
                _ => (" ", Style.Plain),
            };
            steps.AddRow(
                new Text(sign, style), new Text(step.Step.Name(), style), new Text(step.Took is { } took ? Sizes.Text(took) : "", step.IsOverShare ? new Style(Color.Yellow) : Style.Plain),
                new Text(step.Share is { } share ? $"of {Sizes.Text(share)}" : "", new Style(Color.Grey)), new Text(step.Detail, step.State == StepState.Skipped ? style : Style.Plain));
        }

        console.Write(steps);
        console.WriteLine();
        if (result.IsComplete)
            console.Write(Objectives(result));
        console.MarkupLine($"Incident document: {Markup.Escape(result.IncidentFile)}");
        if (result.IsHandedOver)
            console.MarkupLine(Markup.Escape($"The place is provisioned. If its host does not recover by itself, copy {result.JournalFile} there, and go on there with: twibackup recover --resume --yes"));
        else if (result.IsComplete)
            console.MarkupLine(result.Met ? "[bold green]Recovered; every objective that was measured was met.[/]" : "[bold red]Recovered, but an objective was missed.[/]");
    }

    private static Table Sets(RecoveryPlan plan)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("set", "completed (UTC)", "age", "size", "stored");
        foreach (var set in plan.Sets)
        {
            var m = set.Manifest;
            table.AddRow(
                new Text($"{set.Kind.Name()}/{set.Id}"), new Text(Time(m.CompletedAt)), new Text(Sizes.Text(plan.MadeAt - m.CompletedAt)),
                new Text(Sizes.Text(m.PlainBytes)), new Text(Sizes.Text(m.StoredBytes)));
        }

        return table;
    }

    private static void Steps(IAnsiConsole console, RecoveryPlan plan)
    {
        foreach (var step in plan.Steps)
        {
            var name = $"{step.Step.Name(),-14}";
            if (step.WhyNot is { } whyNot)
            {
                console.MarkupLine($"  [grey]{name}not done: {Markup.Escape(whyNot)}[/]");
                continue;
            }

            var share = step.Share is { } time ? $" [grey](of {Sizes.Text(time)})[/]" : "";
            console.MarkupLine($"  [bold]{name}[/]{Markup.Escape(step.Does)}{share}");
            if (step.Expected is { } expected)
                console.MarkupLine($"                takes about {Sizes.Text(expected)}: {Markup.Escape(step.ExpectedHow ?? "")}");
            console.MarkupLine($"                [grey]needs: {Markup.Escape(step.Precondition)}[/]");
            console.MarkupLine($"                [grey]undo: {Markup.Escape(step.Undo)}[/]");
        }
    }

    private static Table Objectives(RecoveryResult result)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("component", "lost at most", "RPO", "away", "RTO", "met");
        foreach (var o in result.Objectives)
        {
            table.AddRow(
                new Text(o.Component), new Text(Span(o.Lost)), new Text(Span(o.Rpo)), new Text(Span(o.Took)), new Text(Span(o.Rto)),
                !o.Met ? new Text("NO", new Style(Color.Red, decoration: Decoration.Bold))
                    : o.Lost is null && o.Took is null ? new Text("-") : new Text("yes", new Style(Color.Green)));
        }

        return table;
    }

    private static string Span(TimeSpan? time) => time is { } t ? Sizes.Text(t) : "-";

    private static string Ago(TimeSpan age) => age > TimeSpan.Zero ? $"{Sizes.Text(age)} ago" : "now";

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
