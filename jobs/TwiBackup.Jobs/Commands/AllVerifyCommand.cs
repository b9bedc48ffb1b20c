using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Verification;

namespace TwiBackup.Commands;

/// <summary><c>twibackup verify all</c>.</summary>
internal static class AllVerifyCommand
{
    public static Command Create()
    {
        var random = new Option<bool>("--random") { Description = "One older set more of each kind, picked at random; of the database at a random point behind it" };
        var seed = new Option<int?>("--seed") { Description = "Repeat the random choice of an earlier run", HelpName = "N" };
        var structure = new Option<bool>("--structure") { Description = "Without the identity: signatures and checksums only; recorded as not proven" };
        var scratch = new Option<string>("--scratch")
        {
            Description = "A folder with room for the whole database",
            HelpName = "FOLDER",
            DefaultValueFactory = _ => Path.GetTempPath(),
        };
        var command = new Command("all", "Restore the newest set of every kind that the policy takes into a scratch place, each whatever became of the others, and record the results")
        {
            random, seed, structure, scratch, GlobalOptions.Json,
        };
        return command.Runs(JobRole.Verifier, async (parsed, job, cancellationToken) =>
        {
            var options = new AllVerifyOptions
            {
                Structure = parsed.GetValue(structure),
                Random = parsed.GetValue(random),
                Seed = parsed.GetValue(seed) ?? Random.Shared.Next(),
            };
            if (options.Random)
                job.Progress.Say($"Random choice: --seed {options.Seed.ToString(CultureInfo.InvariantCulture)}");
            if (job.Keys.Signer is null)
                job.Progress.Warn("Not recorded: the policy names no keys.verifierKey to sign the records with.");
            var verifiers = Verifiers(job, Path.GetFullPath(parsed.GetRequiredValue(scratch)), options.Seed);
            var kinds = AllVerifier.KindsOf(job.Policy).Select(kind => verifiers.FirstOrDefault(v => v.Kind == kind) ?? new KindVerifier(kind, null)).ToList();
            if (kinds.Count == 0)
                throw new TwiBackupException(ExitCode.WrongUse, $"{job.PolicyFile} takes no backups, so there is nothing to verify. Give it the section backups.");
            var results = await new AllVerifier(job.Catalog, kinds, options, StoreAsync, job.Clock, job.Progress).RunAsync(cancellationToken);
            Write(results, parsed.GetValue(GlobalOptions.Json));
            return results.All(result => result.Passed) ? ExitCode.Done : throw new TwiBackupException(ExitCode.ObjectiveMissed, Reason(results));

            Task StoreAsync(VerificationRecord record, CancellationToken token) =>
                job.Keys.Signer is { } key ? job.Verifications().WriteAsync(record, key, token) : Task.CompletedTask;
        });
    }

    /// <summary>The kinds that can be verified, and how.</summary>
    private static IReadOnlyList<KindVerifier> Verifiers(JobContext job, string scratch, int seed) =>
    [
        new(SetKind.Full, (id, cancellationToken) => VerifyCommand.DatabaseAsync(
            job, new DatabaseVerifyOptions { SetId = id, RandomPoint = id is not null, Seed = seed, ScratchFolder = scratch }, cancellationToken)),
        new(SetKind.Dump, new DumpVerifier(
            job.Catalog, scratch, ServerAccount.Resolve(job.Environment), job.Environment, job.Clock, job.Progress).RunAsync),
        new(SetKind.Configuration, new ConfigurationVerifier(job.Catalog, SetKind.Configuration, scratch, job.Clock, job.Progress).RunAsync),
        new(SetKind.Repository, new RepositoryVerifier(job.Catalog, scratch, job.Clock, job.Progress).RunAsync),
        new(SetKind.Logs, new ConfigurationVerifier(job.Catalog, SetKind.Logs, scratch, job.Clock, job.Progress).RunAsync),
    ];

    private static string Reason(IReadOnlyList<KindResult> results)
    {
        var bad = results.Where(result => !result.Passed).ToList();
        var (word, first) = (bad[0].Outcome == KindOutcome.Failed ? "did not pass its verification" : "was not verified", bad[0]);
        return $"{first.Record?.Set ?? first.Kind} {word}: {first.Detail.TrimEnd('.')}{(bad.Count == 1 ? "" : $"; nor {string.Join(", ", bad.Skip(1).Select(b => b.Record?.Set ?? b.Kind))}")}.";
    }

    private static void Write(IReadOnlyList<KindResult> results, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(results, VerificationJson.Default.IReadOnlyListKindResult));
            return;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns("kind", "set", "result", "checks", "took", "");
        foreach (var result in results)
        {
            var (word, style) = result.Outcome switch
            {
                KindOutcome.Proven => ("proven", new Style(Color.Green)),
                KindOutcome.NotProven => ("not proven", new Style(Color.Yellow)),
                KindOutcome.Nothing => ("nothing yet", new Style(Color.Yellow)),
                KindOutcome.NotVerified => ("NOT VERIFIED", new Style(Color.Red, decoration: Decoration.Bold)),
                _ => ("FAILED", new Style(Color.Red, decoration: Decoration.Bold)),
            };
            table.AddRow(
                new Text(result.Kind), new Text(result.Record?.SetId ?? "-"), new Text(word, style),
                new Text(result.Record is { } r ? $"{r.Checks.Count(check => check.Passed)} of {r.Checks.Count}" : "-"),
                new Text(result.Record is { } timed ? Sizes.Text(timed.CompletedAt - timed.StartedAt) : "-"),
                new Text(result.Detail));
        }

        Output.Console.Write(table);
    }
}
