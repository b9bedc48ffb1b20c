using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using TwiBackup.Verification;
using TwiBackup.Verification.Live;

namespace TwiBackup.Commands;

/// <summary><c>twibackup verify system</c>.</summary>
internal static class SystemVerifyCommand
{
    public static Command Create()
    {
        var only = Names("--only", "Ask only this; a check, or the word before its slash for all of the group");
        var skip = Names("--skip", "Leave this out");
        var command = new Command("system", "Ask the running system what the policy's verification.system says: database, login, configuration, certificates, code, logs; changes nothing")
        {
            only, skip, GlobalOptions.Json,
        };
        return command.Runs(JobRole.Observer, async (parsed, job, cancellationToken) =>
        {
            await using var checks = SystemChecks.Of(new SystemCheckContext
            {
                Policy = job.Policy,
                Catalog = job.Catalog,
                Connection = job.Connection,
                Environment = job.Environment,
                HashKey = job.HashKey(),
                Clock = job.Clock,
            });
            var selection = new CheckSelection(parsed.GetValue(only) ?? [], parsed.GetValue(skip) ?? []);
            var record = await new SystemVerifier(job.Policy.System, checks.All, job.Clock, job.Progress).RunAsync(selection, cancellationToken);
            await RecordAsync(job, record, selection, cancellationToken);
            Write(record, parsed.GetValue(GlobalOptions.Json));
            if (record.Failed)
                throw new TwiBackupException(ExitCode.ObjectiveMissed, Reason(record));
            // Nothing failed because nothing was asked: that is no good news.
            return record.Checks.Count > 0 ? ExitCode.Done : throw new TwiBackupException(
                ExitCode.ObjectiveMissed, $"Nothing was asked of {record.System}: {record.NotRun?[0].Name}: {record.NotRun?[0].Why}.");
        });
    }

    private static Option<string[]> Names(string name, string description) =>
        new(name) { Description = description, HelpName = "NAME", AllowMultipleArgumentsPerToken = true };

    /// <summary>Only the whole is recorded: a part would pass for it.</summary>
    private static async Task RecordAsync(JobContext job, VerificationRecord record, CheckSelection selection, CancellationToken cancellationToken)
    {
        if (selection.IsPart)
            job.Progress.Say("Not recorded: only a part was asked.");
        else if (job.Keys.Signer is { } key)
            await job.Verifications().WriteAsync(record, key, cancellationToken);
        else
            job.Progress.Warn("Not recorded: keys.verifierKey, which signs the record, is not here.");
    }

    private static string Reason(VerificationRecord record)
    {
        var failed = record.Checks.Where(check => !check.Passed).ToList();
        return $"{record.System} is not as it must be: {failed[0].Name}: {failed[0].Detail.TrimEnd('.')}{(failed.Count == 1 ? "" : $" (and {failed.Count - 1} more)")}";
    }

    private static void Write(VerificationRecord record, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(record, VerificationJson.Default.VerificationRecord));
            return;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns("check", "result", "");
        foreach (var check in record.Checks)
            Row(check.Name, check.Passed ? "ok" : "FAILED", check.Passed ? new Style(Color.Green) : new Style(Color.Red, decoration: Decoration.Bold), check.Detail);
        foreach (var check in record.NotRun ?? [])
            Row(check.Name, "not run", new Style(Color.Yellow), check.Why);
        Output.Console.Write(table);
        Console.Out.WriteLine($"{record.Checks.Count(check => check.Passed)} ok, {record.Checks.Count(check => !check.Passed)} failed, {record.NotRun?.Count ?? 0} not run.");

        void Row(string name, string result, Style style, string detail) => table.AddRow(new Text(name), new Text(result, style), new Text(detail));
    }
}
