using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TwiBackup.Progress;
using TwiBackup.Rehearsal;
using TwiBackup.Reports;

namespace TwiBackup.Commands;

/// <summary><c>twibackup rehearse</c>.</summary>
internal static class RehearseCommand
{
    public static Command Create()
    {
        var with = new RehearseOptions();
        var command = new Command(
            "rehearse",
            "Build a system with a writing bot, back it up, let a disaster happen, recover it from the store alone, and measure what was lost and how long it took. "
            + "Exit code 3: an objective or a check was missed.");
        with.AddTo(command);
        return command.Runs(async (parsed, cancellationToken) =>
        {
            // Opened first: that nothing could be recorded is to be known before, not after.
            await using var job = with.NeedsPolicy(parsed) ? OpenJob(parsed, with) : null;
            if (parsed.GetValue(with.Isolated))
                return await DrillAsync(parsed, with, job!, cancellationToken);
            var options = with.Read(parsed, job?.Policy);
            return parsed.GetValue(with.All)
                ? await RunAllAsync(parsed, with, options, job, cancellationToken)
                : await RunOneAsync(parsed, with, options, job, cancellationToken);
        });
    }

    private static async Task<ExitCode> RunOneAsync(
        ParseResult parsed, RehearseOptions with, RehearsalOptions options, JobContext? job, CancellationToken cancellationToken)
    {
        var name = parsed.GetRequiredValue(with.Scenario);
        RehearsalOutput.Announce(name, Scenarios.All[name]);
        var report = await ConsoleProgress.RunAsync(progress => Scenarios.RunAsync(name, options, progress, cancellationToken));
        await WriteAsync(parsed.GetValue(with.Json), report, RehearsalJson.Default.RehearsalReport, cancellationToken);
        await WritePageAsync(parsed.GetValue(with.Page), [report], cancellationToken);
        RehearsalOutput.Write(report);
        await RecordAsync(job, [report], cancellationToken);
        return CodeOf(report.Met);
    }

    private static async Task<ExitCode> RunAllAsync(
        ParseResult parsed, RehearseOptions with, RehearsalOptions options, JobContext? job, CancellationToken cancellationToken)
    {
        var suite = await SuiteProgress.RunAsync(
            Scenarios.All.Keys, (progress, done) => Scenarios.RunAllAsync(options, progress, done, cancellationToken));
        await WriteAsync(parsed.GetValue(with.Json), suite, RehearsalJson.Default.RehearsalSuite, cancellationToken);
        await WritePageAsync(parsed.GetValue(with.Page), suite.Rehearsals, cancellationToken);
        RehearsalOutput.Write(suite);
        await RecordAsync(job, suite.Rehearsals, cancellationToken);
        return CodeOf(suite.Met);
    }

    private static async Task<ExitCode> DrillAsync(ParseResult parsed, RehearseOptions with, JobContext job, CancellationToken cancellationToken)
    {
        var name = parsed.GetRequiredValue(with.Scenario);
        var replica = name == IsolatedDrill.OfReplica ? job.OpenReplica() : null;
        await using var lent = replica;
        var report = await ConsoleProgress.RunAsync(progress => new IsolatedDrill(
            job.Policy with { Objectives = with.Objectives(parsed, job.Policy) }, job.Keys, job.Environment, parsed.GetValue(with.Scratch), progress)
            .RunAsync(name, replica ?? job.Store, cancellationToken));
        await WriteAsync(parsed.GetValue(with.Json), report, RehearsalJson.Default.RehearsalReport, cancellationToken);
        await WritePageAsync(parsed.GetValue(with.Page), [report], cancellationToken);
        RehearsalOutput.Write(report);
        await RecordAsync(job, [report], cancellationToken);
        return CodeOf(report.Met);
    }

    private static JobContext OpenJob(ParseResult parsed, RehearseOptions with)
    {
        var job = JobContext.Open(parsed.GetValue(GlobalOptions.Policy), JobRole.Verifier, SilentProgress.Instance);
        if (parsed.GetValue(with.Record) && job.Keys.Signer is null)
            throw new TwiBackupException(ExitCode.WrongUse, $"{job.PolicyFile} names no keys.verifierKey, and without one nothing can be recorded. Name it, or leave --record out.");
        if (parsed.GetValue(with.Isolated) && job.Keys.Identities.Count == 0)
            throw new TwiBackupException(ExitCode.WrongUse, $"{job.PolicyFile} names no identity, and without one nothing can be recovered. Name the file with AGE-SECRET-KEY-1… as keys.identity.");
        return job;
    }

    /// <summary>Puts reports into the policy's store, signed by the verifier.</summary>
    private static async Task RecordAsync(JobContext? job, IReadOnlyList<RehearsalReport> reports, CancellationToken cancellationToken)
    {
        if (job is null)
            return;
        if (job.Keys.Signer is not { } key)
        {
            RehearsalOutput.Warn("Not recorded: the policy names no keys.verifierKey to sign the report with.");
            return;
        }

        foreach (var report in reports)
            await job.Rehearsals().WriteAsync(report, key, cancellationToken);
        RehearsalOutput.Say($"Recorded as {string.Join(", ", reports.Select(r => r.Id))} in {job.Store.Location}.");
    }

    private static async Task WriteAsync<T>(string? file, T report, JsonTypeInfo<T> json, CancellationToken cancellationToken)
    {
        if (file is not null)
            await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(report, json), cancellationToken);
    }

    private static async Task WritePageAsync(string? file, IReadOnlyList<RehearsalReport> reports, CancellationToken cancellationToken)
    {
        if (file is not null)
            await PageFile.WriteAsync(Path.GetFullPath(file), RehearsalPage.Render(reports), cancellationToken);
    }

    private static ExitCode CodeOf(bool met) => met ? ExitCode.Done : ExitCode.ObjectiveMissed;
}
