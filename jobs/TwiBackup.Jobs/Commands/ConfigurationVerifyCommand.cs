using System.CommandLine;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Verification;

namespace TwiBackup.Commands;

/// <summary><c>twibackup verify dump</c>, <c>verify configuration</c>, <c>verify logs</c> and <c>verify repository</c>.</summary>
internal static class ConfigurationVerifyCommand
{
    public static Command CreateConfiguration() => Create(
        SetKind.Configuration, "Restore the newest configuration into a scratch folder, compare it, and record the result",
        (job, scratch) => new ConfigurationVerifier(job.Catalog, SetKind.Configuration, scratch, job.Clock, job.Progress).RunAsync);

    public static Command CreateLogs() => Create(
        SetKind.Logs, "Restore the newest logs into a scratch folder, compare them, and record the result",
        (job, scratch) => new ConfigurationVerifier(job.Catalog, SetKind.Logs, scratch, job.Clock, job.Progress).RunAsync);

    public static Command CreateDump() => Create(
        SetKind.Dump, "Restore the newest dump into a scratch server, hold rows, digests and roles against it, and record the result",
        (job, scratch) => new DumpVerifier(
            job.Catalog, scratch, ServerAccount.Resolve(job.Environment), job.Environment, job.Clock, job.Progress).RunAsync);

    public static Command CreateRepository() => Create(
        SetKind.Repository, "Restore the newest repository into a scratch folder, let git judge it, and record the result",
        (job, scratch) => new RepositoryVerifier(job.Catalog, scratch, job.Clock, job.Progress).RunAsync);

    private static Command Create(
        SetKind kind, string description, Func<JobContext, string, Func<string?, CancellationToken, Task<VerificationRecord>>> verifier)
    {
        var id = new Option<string?>("--id") { Description = "This set instead of the newest", HelpName = "SET" };
        var structure = new Option<bool>("--structure")
        {
            Description = "Without the identity: signatures and checksums only; recorded as not proven",
        };
        var scratch = new Option<string>("--scratch")
        {
            Description = "A folder with room for what is restored",
            HelpName = "FOLDER",
            DefaultValueFactory = _ => Path.GetTempPath(),
        };
        var command = new Command(kind.Name(), description) { id, structure, scratch, GlobalOptions.Json };
        return command.Runs(JobRole.Verifier, async (parsed, job, cancellationToken) =>
        {
            var set = parsed.GetValue(id);
            var record = parsed.GetValue(structure)
                ? await new StructureVerifier(job.Catalog, job.Clock, job.Progress).RunAsync(kind, set, cancellationToken)
                : await verifier(job, Path.GetFullPath(parsed.GetRequiredValue(scratch)))(set, cancellationToken);
            return await VerifyCommand.CompleteAsync(job, record, parsed.GetValue(GlobalOptions.Json), cancellationToken);
        });
    }
}
