using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using TwiBackup.Alerts;
using TwiBackup.Policy;
using TwiBackup.Progress;
using TwiBackup.Status;
using TwiBackup.Wal;

namespace TwiBackup.Commands;

/// <summary><c>twibackup status</c>.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var check = new Option<bool>("--check") { Description = "One line and an exit code for monitoring systems: 0 as promised, 3 an objective is missed, 1 it can't be told; with --json numbers only, and the slot is asked for too" };
        var metrics = new Option<string?>("--metrics") { Description = "Also write a Prometheus text file (name it *.prom in the textfile collector's folder)", HelpName = "FILE" };
        var command = new Command("status", "Show how each component stands against the policy: its newest set, what is overdue, what could be recovered now") { check, metrics, GlobalOptions.Json };
        return command.Runs(async (parsed, cancellationToken) =>
        {
            var isCheck = parsed.GetValue(check);
            var isJson = parsed.GetValue(GlobalOptions.Json);
            SystemStatus status;
            SourceServer? source = null;
            try
            {
                await using var job = JobContext.Open(parsed.GetValue(GlobalOptions.Policy), JobRole.Reader, new LineProgress(Console.Error));
                await using var replica = job.OpenReplica();
                status = await job.Status(replica).ReadAsync(cancellationToken);
                if (isCheck && isJson)
                    source = await AskDatabaseAsync(job, cancellationToken);
            }
            catch (TwiBackupException e) when (isCheck)
            {
                Console.Out.WriteLine(StatusCheck.UnknownLine(null, e.Message));
                return ExitCode.Failed;
            }

            if (parsed.GetValue(metrics) is { } file)
            {
                var text = new PrometheusText();
                StatusMetrics.Add(text, status);
                await text.WriteAsync(Path.GetFullPath(file), cancellationToken);
            }

            if (isCheck && isJson)
                Console.Out.WriteLine(JsonSerializer.Serialize(StatusNumbers.Of(status, source), StatusNumbersJson.Default.StatusNumbers));
            else if (isCheck)
                Console.Out.WriteLine(StatusCheck.LineOf(status));
            else if (isJson)
                Console.Out.WriteLine(JsonSerializer.Serialize(status, StatusJson.Default.SystemStatus));
            else
                Write(status);
            return StatusCheck.CodeOf(status);
        });
    }

    /// <summary>What the slot holds back. A database that does not answer is the receiver's alarm, and keeps nothing else from being told.</summary>
    private static async Task<SourceServer?> AskDatabaseAsync(JobContext job, CancellationToken cancellationToken)
    {
        if (job.Policy.Database.Mode != DatabaseMode.Physical)
            return null;
        try
        {
            return await SourceServer.AskAsync(job.Connection(), job.Policy.Database.Slot, cancellationToken);
        }
        catch (TwiBackupException e)
        {
            job.Progress.Warn(e.Message);
            return null;
        }
    }

    private static void Write(SystemStatus status)
    {
        Output.Console.Write(Table(status));
        foreach (var c in status.Components.Where(c => c.State != ComponentState.Good))
            Console.Out.WriteLine($"{c.Name}: {c.Detail}.");
        if (status.Recoverable is { } point)
            Console.Out.WriteLine($"Recoverable now, as far as can be told without the identity: {Time(point.Time)}, LSN {point.Lsn} on timeline {point.Timeline}, from full {point.FullId} and {Sizes.Text(point.WalBytes)} of WAL.");
        if (status.FullNeeded is { } why)
            Console.Out.WriteLine($"A full is needed: {why}. Take one: twibackup backup database");
        if (status.Replica is not { } replica)
            return;
        Console.Out.WriteLine($"Replica {replica.Store}: {replica.Detail}{(replica.Recoverable is { } there ? $"; recoverable to {Time(there.Time)}" : "")}.");
        foreach (var set in replica.Missing)
            Console.Out.WriteLine($"  not whole there: {set}");
    }

    private static Table Table(SystemStatus status)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("component", "state", "newest (UTC)", "age", "proven", "a restore", "next run");
        foreach (var c in status.Components)
        {
            var (word, style) = c.State switch
            {
                ComponentState.Good => ("good", new Style(Color.Green)),
                ComponentState.Missed => ("MISSED", new Style(Color.Red, decoration: Decoration.Bold)),
                _ => ("unknown", new Style(Color.Yellow)),
            };
            table.AddRow(
                new Text(c.Name), new Text(word, style), new Text(c.At is { } at ? Minute(at) : "-"),
                new Text(Age(c)),
                new Text(c.ProvenAt is { } proven ? proven.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "-"),
                new Text(Restore(c)),
                c.OverdueSince is { } due ? new Text($"overdue since {Minute(due)}", new Style(Color.Red)) : new Text(c.NextRun is { } next ? Minute(next) : "-"));
        }

        return table;
    }

    /// <summary>Of what is promised, where something is.</summary>
    private static string Age(ComponentStatus c) => c.AgeSeconds is not { } age ? "-"
        : Sizes.Text(TimeSpan.FromSeconds(Math.Max(Math.Round(age), 0))) + (c.ObjectiveSeconds is { } most ? $" of {Sizes.Text(TimeSpan.FromSeconds(most))}" : "");

    /// <summary>What it would take: bytes that are read, and the time at the rate that was last measured, of what is promised.</summary>
    private static string Restore(ComponentStatus c) => (c.RestoreBytes, c.ExpectedRestoreSeconds) switch
    {
        (null, _) => "-",
        ({ } bytes, null) => Sizes.Text(bytes),
        ({ } bytes, { } seconds) => $"{Sizes.Text(bytes)}, {Sizes.Text(TimeSpan.FromSeconds(seconds))}{(c.RestoreObjectiveSeconds is { } most ? $" of {Sizes.Text(TimeSpan.FromSeconds(most))}" : "")}",
    };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Minute(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
