using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using TwiBackup.Progress;
using TwiBackup.Rehearsal;
using TwiBackup.Reports;

namespace TwiBackup.Commands;

/// <summary><c>twibackup rehearse</c>.</summary>
internal static class RehearseCommand
{
    public static Command Create()
    {
        var scenario = new Option<string>("--scenario") { Description = "lost-host, bad-migration", DefaultValueFactory = _ => "lost-host" };
        scenario.AcceptOnlyFromAmong([.. Scenarios.All.Keys]);
        var size = new Option<long>("--size")
        {
            Description = "How much data the bot's database holds, e.g. 100MB or 2GB",
            HelpName = "SIZE",
            DefaultValueFactory = _ => 100_000_000,
            CustomParser = result =>
            {
                if (SizeText.TryParse(result.Tokens[0].Value, out var bytes))
                    return bytes;
                result.AddError($"--size \"{result.Tokens[0].Value}\" is not a size. Write it like 100MB or 2GB.");
                return 0;
            },
        };
        var store = new Option<string?>("--store") { Description = "Where the backups go, e.g. s3://bucket/prefix?endpoint=… (default: a folder of its own)", HelpName = "URL" };
        var kills = new Option<int?>("--kills") { Description = "How often the disaster happens; the worst is reported", HelpName = "N" };
        var keep = new Option<bool>("--keep") { Description = "Leave everything behind to look at" };
        var json = new Option<string?>("--json") { Description = "Write the report to this file", HelpName = "FILE" };
        var html = new Option<string?>("--html") { Description = "Write the report as a page to look at, one file that loads nothing", HelpName = "FILE" };
        var command = new Command("rehearse", "Build a system with a writing bot, back it up, destroy it, recover it from the store alone, and measure what was lost and how long it took")
        {
            scenario, size, store, kills, keep, json, html,
        };
        return command.Runs(async (parsed, cancellationToken) =>
        {
            var options = new RehearsalOptions
            {
                Size = parsed.GetValue(size),
                Store = parsed.GetValue(store),
                Kills = parsed.GetValue(kills) is { } n ? Math.Clamp(n, 1, 100) : null,
                Keep = parsed.GetValue(keep),
                Environment = ProcessEnvironment.Read(),
            };
            var name = parsed.GetRequiredValue(scenario);
            ConsoleProgress.Error.MarkupLine($"[bold]Rehearsing {name}[/]: {Scenarios.All[name]}.");
            var report = await ConsoleProgress.RunAsync(progress => Scenarios.RunAsync(name, options, progress, cancellationToken));
            if (parsed.GetValue(json) is { } file)
                await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(report, RehearsalJson.Default.RehearsalReport), cancellationToken);
            if (parsed.GetValue(html) is { } page)
                await PageFile.WriteAsync(Path.GetFullPath(page), RehearsalPage.Render([report]), cancellationToken);
            Write(report);
            return report.Met ? ExitCode.Done : ExitCode.ObjectiveMissed;
        });
    }

    private static void Write(RehearsalReport report)
    {
        Output.Console.WriteLine();
        var stages = new Table().Border(TableBorder.None).HideHeaders().AddColumns("stage", "time", "bar");
        stages.Columns[1].RightAligned();
        var total = report.Stages.Sum(s => s.Seconds);
        foreach (var stage in report.Stages)
        {
            stages.AddRow(
                new Text("  " + stage.Name), new Text(Seconds(stage.Seconds)),
                new Text(new string('█', (int)Math.Ceiling(stage.Seconds / Math.Max(total, 0.001) * 40)), new Style(Color.Blue)));
        }

        Output.Console.MarkupLine($"Stages of the slowest of {report.Disasters} recover{(report.Disasters == 1 ? "y" : "ies")}, from the kill:");
        Output.Console.Write(stages);
        Output.Console.WriteLine();

        var table = new Table().Border(TableBorder.Rounded).AddColumns("component", "lost (RPO)", "objective", "back after (RTO)", "objective", "met");
        foreach (var c in report.Components)
        {
            table.AddRow(
                new Text(c.Name), new Text(Seconds(c.RpoSeconds)), new Text(Objective(c.RpoObjectiveSeconds)),
                new Text(Seconds(c.RtoSeconds)), new Text(Objective(c.RtoObjectiveSeconds)),
                c.Met ? new Text("yes", new Style(Color.Green)) : new Text("NO", new Style(Color.Red, decoration: Decoration.Bold)));
        }

        Output.Console.Write(table);
        var failed = report.Checks.Where(c => !c.Passed).ToList();
        foreach (var check in failed)
            Output.Console.MarkupLine($"[red]FAILED[/] {Markup.Escape(check.Name)}: {Markup.Escape(check.Detail)}");
        Output.Console.MarkupLine($"{report.Checks.Count - failed.Count} of {report.Checks.Count} checks passed; database {Sizes.Text(report.Bytes.Database)}, stored {Sizes.Text(report.Bytes.Stored)}, replayed {Sizes.Text(report.Bytes.Replayed)} of WAL; PostgreSQL {report.Postgres}, store {Markup.Escape(report.Store)}.");
        var worst = report.Components[0];
        Output.Console.MarkupLine(report.Met
            ? $"[bold green]Lost {Seconds(worst.RpoSeconds)} of writes (objective {Objective(worst.RpoObjectiveSeconds)}), back after {Seconds(worst.RtoSeconds)} (objective {Objective(worst.RtoObjectiveSeconds)}).[/]"
            : "[bold red]An objective or a check was missed.[/]");
    }

    private static string Seconds(double? seconds) => seconds is { } s ? Sizes.Text(TimeSpan.FromSeconds(s)) : "-";

    private static string Objective(double? seconds) => Seconds(seconds);
}
