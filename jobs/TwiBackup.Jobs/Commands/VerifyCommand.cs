using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Verification;

namespace TwiBackup.Commands;

/// <summary><c>twibackup verify</c>.</summary>
internal static class VerifyCommand
{
    public static Command Create() => new("verify", "Prove backups by restoring them")
    {
        CreateDatabase(),
        ConfigurationVerifyCommand.CreateDump(),
        ConfigurationVerifyCommand.CreateConfiguration(),
        ConfigurationVerifyCommand.CreateRepository(),
        ConfigurationVerifyCommand.CreateLogs(),
        SystemVerifyCommand.Create(),
        AllVerifyCommand.Create(),
    };

    private static Command CreateDatabase()
    {
        var id = new Option<string?>("--id") { Description = "This set instead of the newest", HelpName = "SET" };
        var random = new Option<bool>("--random") { Description = "A random set and a random point behind it, instead of the newest" };
        var seed = new Option<int?>("--seed") { Description = "Repeat the random choice of an earlier run", HelpName = "N" };
        var structure = new Option<bool>("--structure") { Description = "Without the identity: signatures and checksums only; recorded as not proven" };
        var scratch = new Option<string>("--scratch")
        {
            Description = "A folder with room for the whole database",
            HelpName = "FOLDER",
            DefaultValueFactory = _ => Path.GetTempPath(),
        };
        var command = new Command("database", "Restore the newest full backup into a scratch server, let PostgreSQL judge it, and record the result")
        {
            id, random, seed, structure, scratch, GlobalOptions.Json,
        };
        return command.Runs(JobRole.Verifier, async (parsed, job, cancellationToken) =>
        {
            VerificationRecord record;
            if (parsed.GetValue(structure))
            {
                record = await new StructureVerifier(job.Catalog, job.Clock, job.Progress).RunAsync(SetKind.Full, parsed.GetValue(id), cancellationToken);
            }
            else
            {
                var options = new DatabaseVerifyOptions
                {
                    SetId = parsed.GetValue(id),
                    RandomPoint = parsed.GetValue(random),
                    Seed = parsed.GetValue(seed) ?? Random.Shared.Next(),
                    ScratchFolder = Path.GetFullPath(parsed.GetRequiredValue(scratch)),
                };
                record = await DatabaseAsync(job, options, cancellationToken);
            }

            return await CompleteAsync(job, record, parsed.GetValue(GlobalOptions.Json), cancellationToken);
        });
    }

    /// <summary>Verifies a full backup on the server version that it was taken from, with the policy's heartbeat.</summary>
    internal static async Task<VerificationRecord> DatabaseAsync(JobContext job, DatabaseVerifyOptions options, CancellationToken cancellationToken)
    {
        var heartbeat = job.Policy.Database.Heartbeat;
        var installation = PostgresInstallation.Find(await NewestMajorAsync(job, cancellationToken), job.Environment);
        var verifier = new DatabaseVerifier(
            job.Catalog, installation, ServerAccount.Resolve(job.Environment),
            options with { Heartbeat = heartbeat is null ? null : (heartbeat.Table, heartbeat.Column) }, job.Clock, job.Progress);
        return await verifier.RunAsync(cancellationToken);
    }

    /// <summary>Records what was found, and shows it.</summary>
    internal static async Task<ExitCode> CompleteAsync(JobContext job, VerificationRecord record, bool json, CancellationToken cancellationToken)
    {
        if (job.Keys.Signer is { } key)
            await job.Verifications().WriteAsync(record, key, cancellationToken);
        else
            job.Progress.Warn("Not recorded: the policy names no keys.verifierKey to sign the record with.");
        Write(record, json);
        return record.Failed ? throw new TwiBackupException(ExitCode.ObjectiveMissed, Reason(record)) : ExitCode.Done;
    }

    private static string Reason(VerificationRecord record)
    {
        var failed = record.Checks.Where(c => !c.Passed).ToList();
        var first = failed.Count == 0 ? "" : $": {failed[0].Name}: {failed[0].Detail.TrimEnd('.')}{(failed.Count == 1 ? "" : $", and {failed.Count - 1} more")}";
        return $"{record.Set} did not pass its verification{first}. Don't count on it; see the older ones: twibackup list";
    }

    private static async Task<int?> NewestMajorAsync(JobContext job, CancellationToken cancellationToken)
    {
        var newest = (await job.Catalog.ListAsync(SetKind.Full, cancellationToken)).Newest(job.Clock.GetUtcNow());
        return newest?.Manifest.Database!.ServerVersion / 10000;
    }

    private static void Write(VerificationRecord record, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(record, VerificationJson.Default.VerificationRecord));
            return;
        }

        foreach (var check in record.Checks)
            Output.Console.MarkupLine($"{(check.Passed ? "[green]ok[/]    " : "[red]FAILED[/]")} {Markup.Escape(check.Name)}: {Markup.Escape(check.Detail)}");
        Console.Out.WriteLine(record.Proven
            ? $"{record.Set} is proven."
            : record.Failed ? $"{record.Set} FAILED." : $"{record.Set}: nothing wrong was found, but without a restore nothing is proven.");
    }
}
