using Npgsql;
using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Verification;
using TwiBackup.Verification.Live;

namespace TwiBackup.Recovery;

/// <summary>What can be asked of a recovered system by its policy alone: databases, configuration, repository.</summary>
internal sealed class RecoveredChecks(BackupPolicy policy, ConnectionSettings connection, RecoveryOptions options, IProgressReporter progress, TimeProvider clock)
{
    /// <summary>What was started a moment ago is not yet what it must be: these are asked again for a while.</summary>
    private static readonly string[] Settling = ["process", "login", "archive"];

    private static readonly TimeSpan SettlePatience = TimeSpan.FromMinutes(3), SettlePause = TimeSpan.FromSeconds(5);

    private const string Owners = "owners";

    private const string NotAsked = "could not be asked";

    /// <summary>
    /// Asks everything; what can't be asked is a failed check. Where the policy says what the running system must be, that is asked
    /// (<c>verify system</c>); a drill stands elsewhere, and is asked the rest.
    /// </summary>
    public async Task<IReadOnlyList<Check>> RunAsync(CancellationToken cancellationToken)
    {
        if (!options.Isolated && policy.Verification?.System is not null)
            return await VerifySystemAsync(cancellationToken);
        var checks = new List<Check>();
        if (options.DataDirectory is not null || options.Actions.RestoreDump is not null)
        {
            foreach (var database in policy.Database.Databases.Count > 0 ? policy.Database.Databases : [connection.Database])
                checks.AddRange(await AskAsync(database, cancellationToken));
        }

        if (options.ConfigurationRoot is { } root)
            checks.Add(await CompareAsync(root, cancellationToken));
        if (options.RepositoryFolder is { } folder)
            checks.Add(await StatusAsync(folder, cancellationToken));
        return checks;
    }

    private async Task<IReadOnlyList<Check>> VerifySystemAsync(CancellationToken cancellationToken)
    {
        await using var checks = SystemChecks.Of(new SystemCheckContext
        {
            Policy = policy,
            Catalog = options.Catalog,
            Connection = () => connection,
            Environment = options.Environment,
            HashKey = options.Catalog.Keys.Signer,
            Clock = clock,
        });
        var began = clock.GetTimestamp();
        VerificationRecord record;
        while (true)
        {
            record = await new SystemVerifier(policy.System, checks.All, clock, SilentProgress.Instance).RunAsync(CheckSelection.All, cancellationToken);
            var failed = record.Checks.Where(c => !c.Passed).ToList();
            if (failed.Count == 0 || failed.Exists(c => !Settling.Contains(c.Name.Split('/')[0])) || clock.GetElapsedTime(began) > SettlePatience)
                break;
            progress.Say($"verify: {failed[0].Name} is not so yet: {failed[0].Detail}. It is asked again.");
            await Task.Delay(SettlePause, clock, cancellationToken);
        }

        foreach (var check in record.NotRun ?? [])
            progress.Say($"verify: {check.Name} was not asked: {check.Why}");
        return record.Checks;
    }

    private async Task<IReadOnlyList<Check>> AskAsync(string database, CancellationToken cancellationToken)
    {
        try
        {
            await using var session = await QueryConnection.OpenAsync(connection with { Database = database }, cancellationToken);
            var checks = await DatabaseChecks.RunAsync(session, null, cancellationToken);
            // A copy of the files can't change who owns a table: it was so before, and is nothing that recovering must wait for.
            if (options.DataDirectory is not null)
                checks = [.. checks.Where(c => c.Name != Owners)];
            // A role for replication may not read everything; what it may not is no fault of the recovery.
            foreach (var refused in checks.Where(c => !c.Passed && c.Detail.StartsWith(NotAsked, StringComparison.Ordinal)))
                progress.Warn($"{database}: {refused.Name} was not checked: {connection.User} may not read it.");
            return
            [
                new Check($"{database} answers", true, $"as {connection.User}"),
                .. checks.Where(c => c.Passed || !c.Detail.StartsWith(NotAsked, StringComparison.Ordinal)).Select(c => c with { Name = $"{database}: {c.Name}" }),
            ];
        }
        catch (Exception e) when (e is TwiBackupException or NpgsqlException)
        {
            return [new Check($"{database} answers", false, e.Message)];
        }
    }

    private async Task<Check> CompareAsync(string root, CancellationToken cancellationToken)
    {
        const string Name = "configuration is as it was backed up";
        try
        {
            var restore = new FilesRestore(options.Catalog, SetKind.Configuration, new FilesRestoreOptions { Root = root, At = options.Target.Time }, clock, progress);
            var (set, differences) = await restore.CompareAsync(cancellationToken);
            return differences.Count == 0
                ? new Check(Name, true, $"nothing differs from configuration/{set.Id}")
                : new Check(Name, false, $"{differences.Count} differ, the first is {differences[0].Path}: {differences[0].Detail}");
        }
        catch (TwiBackupException e)
        {
            return new Check(Name, false, e.Message);
        }
    }

    private static async Task<Check> StatusAsync(string folder, CancellationToken cancellationToken)
    {
        const string Name = "repository is whole";
        var result = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = "git",
                Arguments = ["-c", "safe.directory=*", "-C", folder, "fsck", "--connectivity-only", "--no-dangling", "--no-progress"],
                Environment = new Dictionary<string, string?> { ["GIT_CONFIG_NOSYSTEM"] = "1", ["GIT_CONFIG_GLOBAL"] = "/dev/null" },
            },
            cancellationToken);
        return new Check(Name, result.ExitCode == 0, result.ExitCode == 0 ? $"git fsck of {folder} is clean" : result.LastLine);
    }
}
