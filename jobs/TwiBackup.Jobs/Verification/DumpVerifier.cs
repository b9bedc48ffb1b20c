using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Database.Dumps;
using TwiBackup.Files;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Verification;

/// <summary>
/// Proves a dump set by restoring it into a new cluster of this machine, through the code that a person restores with: the server that was
/// dumped is not asked, bears no load, and may be gone. Rows and digests of every table, roles with their hashes, pg_amcheck, indexes,
/// sequences and views are looked at.
/// </summary>
/// <param name="catalog">Where the sets lie.</param>
/// <param name="scratchFolder">A folder with room for the databases; a new folder is made in it, and removed.</param>
/// <param name="account">As whom the scratch server runs.</param>
/// <param name="environment">Where programs are looked for.</param>
/// <param name="clock">For the record.</param>
/// <param name="progress">Told what is done.</param>
public sealed class DumpVerifier(
    SetCatalog catalog, string scratchFolder, ServerAccount account, IReadOnlyDictionary<string, string> environment, TimeProvider clock,
    IProgressReporter progress)
{
    private const long Spare = 512L << 20;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromMinutes(5);

    /// <summary>What a server that is thrown away does not need: safety from a crash, and whatever reaches out of the machine.</summary>
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["fsync"] = "off",
        ["full_page_writes"] = "off",
        ["synchronous_commit"] = "off",
        ["wal_level"] = "minimal",
        ["max_wal_senders"] = "0",
        ["archive_mode"] = "off",
        ["autovacuum"] = "off",
        ["max_wal_size"] = "4GB",
        ["shared_preload_libraries"] = "",
        ["max_logical_replication_workers"] = "0",
    };

    /// <summary>Verifies a set (null: the newest) and returns the record, which is not yet stored. Content that fails is a failed check.</summary>
    /// <exception cref="TwiBackupException">Nothing could be verified: no set, no identity, no room, no server new enough.</exception>
    public async Task<VerificationRecord> RunAsync(string? setId, CancellationToken cancellationToken)
    {
        SetArchive.RequireIdentity(catalog);
        var set = (await SetChoice.FindAsync(catalog, SetKind.Dump, setId, at: null, clock.GetUtcNow(), progress, cancellationToken))[0];
        var verification = new SetVerification(set, clock);
        if (set.Manifest is not { Dump: not null, Database: { } source })
        {
            verification.Add("manifest", false, "it does not say what the set holds");
            return verification.Record("nothing was restored");
        }

        var installation = PostgresInstallation.FindAtLeast(source.ServerVersion / 10000, environment);
        RequireRoom(set);
        using var scratch = new ScratchFolder(scratchFolder);
        account.Chown(scratch.Path);
        var data = Path.Combine(scratch.Path, "data");
        await LocalServer.InitAsync(installation, account, data, new InitOptions { Superuser = source.Superuser }, cancellationToken);
        await using var server = await LocalServer.StartAsync(
            data, new LocalServerOptions { Installation = installation, Account = account, Settings = Settings, Superuser = source.Superuser }, cancellationToken);

        // A person gives the database of the cluster's own name another one, or replaces it; here it is nobody's.
        var options = new DumpRestoreOptions { SetId = set.Id, Replace = true };
        DumpRestoreResult? result = null;
        var restored = await verification.TryAsync("restore", async () =>
        {
            result = await new DumpRestore(
                catalog, server.Connection, major => PostgresInstallation.FindClient("pg_restore", major, environment), options, clock, progress)
                .RunAsync(cancellationToken);
            return $"every object had its SHA-256; restored into PostgreSQL {installation.Version}";
        });
        if (restored)
        {
            progress.Stage("checks");
            await CheckRolesAsync(set, server, verification, cancellationToken);
            foreach (var database in result!.Databases)
                await CheckDatabaseAsync(database, server, result.Databases.Count > 1, verification, cancellationToken);
            await CheckIndexesAsync(installation, server, verification, cancellationToken);
            await CheckStopAsync(server, verification, cancellationToken);
        }

        return verification.Record("restored into a scratch server");
    }

    private void RequireRoom(BackupSet set)
    {
        var sizes = set.Manifest.Database!.Databases;
        var needed = set.Manifest.Dump!.Databases.Sum(d => sizes.GetValueOrDefault(d.Name)) + Spare;
        var free = new DriveInfo(Path.GetFullPath(scratchFolder)).AvailableFreeSpace;
        if (free < needed)
            throw new TwiBackupException($"{scratchFolder} has {Sizes.Text(free)} free, the verification needs {Sizes.Text(needed)}. Free space or name another folder with --scratch.");
    }

    private async Task CheckRolesAsync(BackupSet set, LocalServer server, SetVerification verification, CancellationToken cancellationToken)
    {
        var globals = await Globals.ReadAsync(catalog, set, progress, cancellationToken);
        await using var session = await QueryConnection.OpenAsync(server.Connection, cancellationToken);
        var wrong = await RoleChecks.RunAsync(globals, server.Connection.User, session, cancellationToken);
        var hashes = set.Manifest.Dump!.RolePasswords ? "their password hashes" : "no password hashes, which the server that was dumped does not show";
        verification.Add("roles", wrong.Count == 0, wrong.Count == 0 ? $"{globals.Roles.Count} with {hashes}" : string.Join("; ", wrong.Take(10)));
    }

    private static async Task CheckDatabaseAsync(
        RestoredDatabase database, LocalServer server, bool named, SetVerification verification, CancellationToken cancellationToken)
    {
        var suffix = named ? $" of {database.Name}" : "";
        verification.Add($"rows{suffix}", true, $"{database.Rows} rows in {database.Source.Tables.Count} tables have the digests of the dump's own snapshot");
        verification.Add(
            $"materialized views{suffix}", database.EmptyViews.Count == 0,
            database.EmptyViews.Count == 0 ? $"{database.Source.MaterializedViews.Count} filled" : $"could not be filled: {string.Join("; ", database.EmptyViews)}");
        await using var session = await QueryConnection.OpenAsync(server.Connection with { Database = database.Name }, cancellationToken);
        foreach (var check in await DatabaseChecks.OfRestoredAsync(session, cancellationToken))
            verification.Add($"{check.Name}{suffix}", check.Passed, check.Detail);
    }

    private async Task CheckIndexesAsync(PostgresInstallation installation, LocalServer server, SetVerification verification, CancellationToken cancellationToken)
    {
        using var tools = ToolEnvironment.For(server.Connection, account);
        var result = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = installation.Tool("pg_amcheck"),
                Arguments = ["--all", "--heapallindexed", "--install-missing", "--no-password"],
                Account = account,
                Environment = tools.Variables,
            },
            cancellationToken);
        verification.Add("pg_amcheck --heapallindexed", result.ExitCode == 0, result.ExitCode == 0 ? "clean" : result.LastLine);
    }

    private static async Task CheckStopAsync(LocalServer server, SetVerification verification, CancellationToken cancellationToken)
    {
        var stopped = await server.StopAsync(StopMode.Fast, StopTimeout, cancellationToken);
        verification.Add("server", stopped, stopped ? "ran to its clean end" : "did not stop when it was asked to");
    }
}
