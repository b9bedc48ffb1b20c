using Spectre.Console;
using TwiBackup.Progress;
using TwiBackup.Rehearsal;

namespace TwiBackup.Commands;

/// <summary>Shows a person what rehearsals found.</summary>
internal static class RehearsalOutput
{
    private const int BarWidth = 40;

    private static readonly Style Good = new(Color.Green);
    private static readonly Style Bad = new(Color.Red, decoration: Decoration.Bold);

    private static IAnsiConsole Console => Output.Console;

    /// <summary>What is about to happen.</summary>
    public static void Announce(string name, string what) => ConsoleProgress.Error.MarkupLine($"[bold]Rehearsing {name}[/]: {Markup.Escape(what)}.");

    public static void Say(string line) => Console.MarkupLine(Markup.Escape(line));

    public static void Warn(string line) => ConsoleProgress.Error.MarkupLine($"[yellow]warning:[/] {Markup.Escape(line)}");

    /// <summary>One rehearsal.</summary>
    public static void Write(RehearsalReport report)
    {
        Console.WriteLine();
        WriteStages(report);
        var table = NewTable("component");
        foreach (var component in report.Components)
            AddRow(table, component, new Text(component.Name));
        Console.Write(table);
        foreach (var note in report.Notes)
            Console.MarkupLine($"[dim]·[/] {Markup.Escape(note)}");
        WriteFailures(report, "");
        Console.MarkupLine(Markup.Escape(
            $"{report.Checks.Count(c => c.Passed)} of {report.Checks.Count} checks passed; database {Sizes.Text(report.Bytes.Database)}, stored {Sizes.Text(report.Bytes.Stored)}, replayed {Sizes.Text(report.Bytes.Replayed)} of WAL; PostgreSQL {report.Postgres}, store {report.Store}, seed {report.Seed}."));
        Console.MarkupLine(report.Met ? $"[bold green]{Sentence(report)}[/]" : "[bold red]An objective or a check was missed.[/]");
    }

    /// <summary>All of them.</summary>
    public static void Write(RehearsalSuite suite)
    {
        Console.WriteLine();
        var table = NewTable("scenario", "component");
        foreach (var report in suite.Rehearsals)
        {
            var name = new Text(report.Scenario, report.Met ? Style.Plain : Bad);
            if (report.Components.Count == 0)
                table.AddRow(name, new Text("-"), new Text("-"), new Text("-"), new Text("-"), new Text("-"), new Text("NO", Bad));
            foreach (var component in report.Components)
            {
                AddRow(table, component, name, new Text(component.Name));
                name = new Text("");
            }
        }

        Console.Write(table);
        foreach (var report in suite.Rehearsals)
            WriteFailures(report, $"{report.Scenario}: ");
        var met = suite.Rehearsals.Count(r => r.Met);
        var checks = suite.Rehearsals.SelectMany(r => r.Checks).ToList();
        var text = $"{met} of {suite.Rehearsals.Count} rehearsals met everything that was promised: {suite.Rehearsals.Sum(r => r.Disasters)} disasters, {checks.Count(c => c.Passed)} of {checks.Count} checks passed, in {Sizes.Text(suite.CompletedAt - suite.StartedAt)}.";
        Console.MarkupLine(suite.Met ? $"[bold green]{text}[/]" : $"[bold red]{text}[/]");
    }

    /// <summary>What the first component lost and how long it was away, as one sentence.</summary>
    public static string Sentence(RehearsalReport report)
    {
        if (report.Failure is not null || report.Components.Count == 0)
            return "not recovered";
        var first = report.Components[0];
        return $"Lost {Time(first.RpoSeconds)} of writes (objective {Time(first.RpoObjectiveSeconds)}), back after {Time(first.RtoSeconds)} (objective {Time(first.RtoObjectiveSeconds)}).";
    }

    private static void WriteStages(RehearsalReport report)
    {
        if (report.Stages.Count == 0)
            return;
        var stages = new Table().Border(TableBorder.None).HideHeaders().AddColumns("stage", "time", "bar");
        stages.Columns[1].RightAligned();
        var longest = Math.Max(report.Stages.Max(s => s.Seconds), 0.001);
        foreach (var stage in report.Stages)
        {
            stages.AddRow(
                new Text("  " + stage.Name), new Text(Time(stage.Seconds)),
                new Text(new string('█', Math.Max(1, (int)Math.Round(stage.Seconds / longest * BarWidth))), new Style(Color.Blue)));
        }

        Console.MarkupLine(report.Disasters > 1 ? $"Stages of the slowest of {report.Disasters} recoveries, from the disaster:" : "Stages of the recovery, from the disaster:");
        Console.Write(stages);
        Console.WriteLine();
    }

    private static void WriteFailures(RehearsalReport report, string before)
    {
        if (report.Failure is { } failure)
            Console.MarkupLine($"[red]FAILED[/] {before}{Markup.Escape(failure)}");
        foreach (var check in report.Checks.Where(c => !c.Passed))
            Console.MarkupLine($"[red]FAILED[/] {before}{Markup.Escape(check.Name)}: {Markup.Escape(check.Detail)}");
    }

    private static Table NewTable(params string[] first) =>
        new Table().Border(TableBorder.Rounded).AddColumns([.. first, "lost (RPO)", "objective", "back after (RTO)", "objective", "met"]);

    private static void AddRow(Table table, ComponentResult component, params Text[] first) => table.AddRow(
    [
        .. first, new Text(Time(component.RpoSeconds)), new Text(Time(component.RpoObjectiveSeconds)),
        new Text(Time(component.RtoSeconds)), new Text(Time(component.RtoObjectiveSeconds)),
        component.Met ? new Text("yes", Good) : new Text("NO", Bad),
    ]);

    private static string Time(double? seconds) => seconds is { } s ? Sizes.Text(TimeSpan.FromSeconds(s)) : "-";
}
