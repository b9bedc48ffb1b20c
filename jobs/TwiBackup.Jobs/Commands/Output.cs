using System.Text.Json;
using Spectre.Console;
using TwiBackup.Catalog;
using TwiBackup.Progress;

namespace TwiBackup.Commands;

/// <summary>Results on standard output: a line for a person, or JSON.</summary>
internal static class Output
{
    private const int WidthOfNoTerminal = 180;

    /// <summary>Standard output with colours on a terminal; elsewhere wide enough that no table wraps.</summary>
    public static IAnsiConsole Console { get; } = Create(System.Console.Out, System.Console.IsOutputRedirected);

    /// <summary>A console on a writer.</summary>
    public static IAnsiConsole Create(TextWriter writer, bool isRedirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (isRedirected)
            console.Profile.Width = WidthOfNoTerminal;
        return console;
    }

    /// <summary>A committed set.</summary>
    public static void Set(BackupSet set, bool json)
    {
        if (json)
        {
            System.Console.Out.WriteLine(JsonSerializer.Serialize(set.Manifest, CatalogJson.Default.Manifest));
            return;
        }

        var m = set.Manifest;
        System.Console.Out.WriteLine($"{m.Kind}/{m.Id}: {Sizes.Text(m.PlainBytes)} in {m.Objects.Count} objects, {Sizes.Text(m.StoredBytes)} stored, in {Sizes.Text(m.CompletedAt - m.StartedAt)}"
            + (m.Database is { StopLsn: not null } d ? $"; timeline {d.Timeline}, {d.StartLsn} to {d.StopLsn}" : "") + (m.Dump is { } dump ? $"; {dump.Databases.Sum(d => d.Tables.Sum(t => t.Rows))} rows of {string.Join(", ", dump.Databases.Select(d => d.Name))}" : "")
            + $"; kept until {m.KeepUntil:yyyy-MM-dd}");
    }
}
