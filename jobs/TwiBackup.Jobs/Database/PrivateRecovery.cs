using Npgsql;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Database;

/// <summary>
/// Runs a restored data directory through recovery on a private socket, where no client and no archive can be reached, until it is
/// promoted. What it needs is given on the server's command line: no trace of it stays in the directory.
/// </summary>
internal sealed class PrivateRecovery(PostgresInstallation installation, ServerAccount account, SourceFacts facts, IProgressReporter progress)
{
    private const string MissedTarget = "recovery ended before configured recovery target was reached";
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Starts the server and waits for the end of recovery.</summary>
    /// <param name="dataDirectory">A base backup with backup_label.</param>
    /// <param name="target">Where to stop.</param>
    /// <param name="timeline">The timeline to follow.</param>
    /// <param name="restoreCommand">The restore_command.</param>
    /// <param name="keepLibraries">Whether preloaded libraries are loaded: a real restore may need their WAL, a scratch server must not run them.</param>
    /// <param name="expectedEnd">Where replay will end, for the progress; null when unknown.</param>
    /// <param name="readsAhead">Whether WAL is read ahead of replay, where the version does that.</param>
    /// <returns>The running server, promoted; null when the WAL ended before the target.</returns>
    public async Task<LocalServer?> RunAsync(
        string dataDirectory, RecoveryTarget target, uint timeline, string restoreCommand, bool keepLibraries, Lsn? expectedEnd, CancellationToken cancellationToken,
        bool readsAhead = true)
    {
        ClusterFiles.RemoveRecoveryTraces(dataDirectory);
        var signal = Path.Combine(dataDirectory, "recovery.signal");
        await File.WriteAllTextAsync(signal, "", cancellationToken);
        account.Chown(signal);

        LocalServer? server = null;
        try
        {
            server = await StartAsync(dataDirectory, target, timeline, restoreCommand, keepLibraries, readsAhead, cancellationToken);
            await WaitForPromotionAsync(server, expectedEnd, cancellationToken);
            return server;
        }
        catch (Exception e) when (e is TwiBackupException or NpgsqlException)
        {
            var log = ReadLog(Path.Combine(dataDirectory, ClusterFiles.RecoveryLog)) ?? e.Message;
            if (server is not null)
                await server.DisposeAsync();
            if (log.Contains(MissedTarget, StringComparison.Ordinal))
                return null;
            throw new TwiBackupException($"PostgreSQL could not recover {dataDirectory}: {Cause(log)}", e);
        }
        catch
        {
            if (server is not null)
                await server.DisposeAsync();
            throw;
        }
    }

    private async Task<LocalServer> StartAsync(
        string dataDirectory, RecoveryTarget target, uint timeline, string restoreCommand, bool keepLibraries, bool readsAhead, CancellationToken cancellationToken)
    {
        var hba = Path.Combine(dataDirectory, ClusterFiles.RecoveryHba);
        await File.WriteAllTextAsync(hba, "local all all trust\nlocal replication all trust\n", cancellationToken);
        account.Chown(hba);
        var settings = RecoverySettings.Private(facts.ServerVersion, hba, target, keepLibraries);
        foreach (var (name, value) in RecoverySettings.FromSource(facts))
            settings[name] = value;
        settings["restore_command"] = restoreCommand;
        if (!readsAhead)
            settings["recovery_prefetch"] = "off";
        settings["recovery_target_timeline"] = timeline.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return await LocalServer.StartAsync(
            dataDirectory,
            new LocalServerOptions
            {
                Installation = installation,
                Account = account,
                Settings = settings,
                HbaFile = hba,
                LogFile = Path.Combine(dataDirectory, ClusterFiles.RecoveryLog),
                Superuser = facts.Superuser,
            },
            cancellationToken);
    }

    private async Task WaitForPromotionAsync(LocalServer server, Lsn? expectedEnd, CancellationToken cancellationToken)
    {
        await using var session = await QueryConnection.OpenAsync(server.Connection, cancellationToken);
        var reported = (ulong)0;
        while (true)
        {
            if (server.HasExited)
                throw new TwiBackupException(server.LastLogLines(40));
            var (recovers, at) = (await session.ListAsync(
                "select pg_is_in_recovery(), coalesce(pg_last_wal_replay_lsn(), '0/0')::text",
                row => (row.GetBoolean(0), Lsn.Parse(row.GetString(1)).Value),
                cancellationToken))[0];
            if (expectedEnd is not null && at > reported)
            {
                if (reported > 0)
                    progress.Advance((long)(at - reported));
                reported = at;
            }

            if (!recovers)
                return;

            // PostgreSQL tells nobody when recovery has ended; pg_ctl promote polls, too.
            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    /// <summary>The log's end; also of a server that has ended before it was ready.</summary>
    private static string? ReadLog(string path)
    {
        const int Enough = 64 << 10;
        if (!File.Exists(path))
            return null;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Seek(-Math.Min(file.Length, Enough), SeekOrigin.End);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    /// <summary>The line of the log that says why.</summary>
    private static string Cause(string log)
    {
        var lines = log.Split(['\n', '|'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return lines.LastOrDefault(l => l.Contains("FATAL", StringComparison.Ordinal) || l.Contains("PANIC", StringComparison.Ordinal))
            ?? lines.LastOrDefault()
            ?? "it left no log.";
    }
}
