using System.Globalization;
using Spectre.Console;
using TwiBackup.Policy;

namespace TwiBackup.Commands;

/// <summary>Prints a checked policy for people. Errors go to standard error, all else to standard output.</summary>
internal static class PolicyCommandReport
{
    private const int WidthOfNoTerminal = 180;

    public static void Write(
        string path, BackupPolicy policy, IReadOnlyList<Finding> findings, DateTimeOffset now, TextWriter output, TextWriter error)
    {
        var isTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        if (!isTerminal)
            console.Profile.Width = WidthOfNoTerminal;

        output.WriteLine($"{policy.System} ({path}), schedules in {policy.TimeZone.Id}");
        console.Write(TableOf(policy, now));
        foreach (var sentence in RecoverabilityProof.Of(policy, now).Sentences)
            output.WriteLine(sentence);
        foreach (var finding in findings.Where(finding => finding.Severity == Severity.Warning))
            Say(console, output, Color.Yellow, finding.ToString());
        foreach (var finding in findings.Where(finding => finding.Severity == Severity.Error))
            error.WriteLine(finding);
        if (findings.All(finding => finding.Severity != Severity.Error))
            Say(console, output, Color.Green, "The promises agree with each other.");
    }

    // Without colours the line must stay one line, whatever its length.
    private static void Say(IAnsiConsole console, TextWriter output, Color colour, string line)
    {
        if (console.Profile.Capabilities.ColorSystem == ColorSystem.NoColors)
            output.WriteLine(line);
        else
            console.WriteLine(line, new Style(colour));
    }

    private static Table TableOf(BackupPolicy policy, DateTimeOffset now)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var heading in (string[])["type", "how", "schedule", "next runs", "kept", "objective met by"])
            table.AddColumn(heading);
        foreach (var promise in Promises.Of(policy, now))
        {
            var runs = promise.Schedule.IsOnChange ? "when it changes" : string.Join('\n', promise.NextRuns.Select(Shown));
            table.AddRow(
                new Text(promise.Type), new Text(promise.How), new Text(promise.Schedule.ToString()), new Text(runs),
                new Text(Duration.Format(promise.Kept)), new Text(promise.Meets));
        }

        return table;
    }

    private static string Shown(DateTimeOffset run) => run.ToString("ddd yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture);
}
