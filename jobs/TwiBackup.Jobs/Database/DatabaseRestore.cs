using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Database;

/// <summary>
/// Restores a database from the store alone: base backup, WAL fed ahead of replay, recovery in private, promotion to a timeline of its
/// own whose history is in the store before anybody is let in.
/// </summary>
public sealed class DatabaseRestore(
    SetCatalog catalog, PostgresInstallation installation, ServerAccount account, RestoreOptions options, IProgressReporter progress)
{
    /// <summary>How often a restore begins again because another one took its timeline's number.</summary>
    private const int AttemptsAtMost = 3;

    /// <summary>Does what <paramref name="plan"/> says. The server that comes back is promoted and private.</summary>
    public async Task<RestoredServer> RunAsync(RestorePlan plan, CancellationToken cancellationToken)
    {
        var facts = plan.Set.Manifest.Database!;
        RestorePreflight.Require(plan, installation, options.DataDirectory);
        RestoreTarget.Require(options.DataDirectory, options.StartOver);
        if (await SetCompleteness.MissingAsync(catalog, plan.Set, cancellationToken) is { } problem)
            throw new TwiBackupException($"{problem} Wait until it is there, take another with --id, or name none to have the newest that is whole.");
        using var lease = catalog.Store is FileObjectStore files ? await files.LeaseAsync(plan.Set.Id, cancellationToken) : null;
        for (var attempt = 1; ; attempt++)
        {
            var target = RestoreTarget.Prepare(options.DataDirectory, options.StartOver || attempt > 1, account, plan.Set.Id);
            await new BaseRestore(catalog, account, options.Workers, progress).RestoreAsync(plan.Set, target.Path, cancellationToken);
            var restored = await RecoverAsync(plan, facts, target, cancellationToken);
            if (restored is not null)
                return restored;
            if (attempt == AttemptsAtMost)
                throw new TwiBackupException("Another restore took the new timeline's number each time. End the other restores of this system, then run this again.");
            progress.Warn("Another restore has taken the new timeline's number meanwhile; this one begins again with the next.");
        }
    }

    private async Task<RestoredServer?> RecoverAsync(RestorePlan plan, SourceFacts facts, RestoreTarget target, CancellationToken cancellationToken)
    {
        var written = ClusterFiles.WriteMissing(target.Path, facts, account);
        var feedFolder = Path.Combine(target.Path, "twibackup.wal");
        LocalServer? server = null;
        try
        {
            var wal = new RecoveryWal(catalog, plan, account, progress);
            await using (var feed = RecoveryFeed.Start(feedFolder, account, wal.FetchAsync))
            await using (wal)
            {
                await wal.BeginAsync(feed.ReadyFolder, cancellationToken);
                if (options.BeforeStart is { } beforeStart)
                    await beforeStart(target.Path, feed.ReadyFolder, cancellationToken);
                server = await ReplayAsync(plan, facts, target.Path, feed, cancellationToken);
            }

            return await OpenAsync(plan, facts, target, server, written, cancellationToken);
        }
        catch
        {
            if (server is not null)
                await server.DisposeAsync();
            throw;
        }
    }

    private async Task<LocalServer> ReplayAsync(RestorePlan plan, SourceFacts facts, string dataDirectory, RecoveryFeed feed, CancellationToken cancellationToken)
    {
        var recovery = new PrivateRecovery(installation, account, facts, progress);
        var timeline = plan.Path.Timeline;
        var end = plan.Target.Lsn ?? plan.Reach;
        progress.Stage("replay", end > plan.Set.StartLsn ? (long)(end - plan.Set.StartLsn) : null);
        try
        {
            var server = await StopAtTargetAsync(recovery, plan, facts, dataDirectory, feed, end, cancellationToken);
            if (server is not null)
                return server;
            // No commit came after the time asked for, or no record begins behind the LSN. The store was complete for a later instant and
            // to a later LSN (the plan was refused otherwise), so everything there is lies before: the end of WAL is the target.
            if (plan.Target.Time is not null || plan.Target.Lsn is not null)
                server = await recovery.RunAsync(dataDirectory, RecoveryTarget.Latest, timeline, feed.RestoreCommand, !options.Scratch, end, cancellationToken);
            return server
                ?? throw new TwiBackupException($"{plan.Target} was not reached: WAL ends at {plan.Reach}. Restore to an earlier target.");
        }
        catch (TwiBackupException) when (feed.Failure is { } failure)
        {
            throw new TwiBackupException($"Recovery was stopped: {failure.Message}", failure);
        }
    }

    /// <summary>
    /// From version 15 on PostgreSQL reads WAL ahead of what it replays (recovery_prefetch), so that a bad segment behind the target stops it
    /// too. Whoever named a target before that segment gets it, by reading no further.
    /// </summary>
    private async Task<LocalServer?> StopAtTargetAsync(
        PrivateRecovery recovery, RestorePlan plan, SourceFacts facts, string dataDirectory, RecoveryFeed feed, Lsn end, CancellationToken cancellationToken)
    {
        try
        {
            return await recovery.RunAsync(dataDirectory, plan.Target, plan.Path.Timeline, feed.RestoreCommand, !options.Scratch, end, cancellationToken);
        }
        catch (TwiBackupException) when (feed.Failure is ObjectRefusedException && !plan.Target.IsLatest && facts.ServerVersion >= 150000)
        {
            progress.Warn($"{feed.Failure.Message} It may lie behind the target: trying again without reading ahead.");
            feed.ForgetFailure();
            return await recovery.RunAsync(
                dataDirectory, plan.Target, plan.Path.Timeline, feed.RestoreCommand, !options.Scratch, end, cancellationToken, readsAhead: false);
        }
    }

    /// <summary>
    /// PostgreSQL takes a record that it can't read for the end of WAL and promotes. What was cut in the middle of a record by the disaster
    /// is less than a segment; more than that was there and is damaged.
    /// </summary>
    private static void RequireAllReplayed(RestorePlan plan, SourceFacts facts, Lsn reached)
    {
        var due = plan.Target switch
        {
            { IsLatest: true } => plan.Reach,
            { Lsn: { } lsn } => lsn,
            _ => reached,
        };
        if (due > reached && due - reached > (ulong)facts.WalSegmentSize)
            throw new TwiBackupException($"Replay ended at {reached}, though WAL is stored to {plan.Reach}: what is stored behind that can't be read as WAL. Nothing was opened; restore with --lsn {reached} to go without it, or take the chain from the replica.");
    }

    /// <summary>Null when the number of the new timeline was taken by another restore in the meantime.</summary>
    private async Task<RestoredServer?> OpenAsync(
        RestorePlan plan, SourceFacts facts, RestoreTarget target, LocalServer server, IReadOnlyList<string> written, CancellationToken cancellationToken)
    {
        await using var session = await QueryConnection.OpenAsync(server.Connection, cancellationToken);
        var (timeline, reached, lastCommit) = (await session.ListAsync(
            "select substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8), pg_last_wal_replay_lsn()::text, pg_last_xact_replay_timestamp()",
            row => (
                uint.Parse(row.GetString(0), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                Lsn.Parse(row.GetString(1)),
                row.IsDBNull(2) ? (DateTimeOffset?)null : new DateTimeOffset(row.GetDateTime(2), TimeSpan.Zero)),
            cancellationToken))[0];
        RequireAllReplayed(plan, facts, reached);
        if (!options.Scratch)
        {
            var history = await File.ReadAllBytesAsync(Path.Combine(target.Path, "pg_wal", $"{timeline:X8}.history"), cancellationToken);
            if (!await new WalObjects(catalog.Store, catalog.Keys, plan.Layout, _ => { }).PutHistoryAsync(timeline, history, cancellationToken))
            {
                await server.DisposeAsync();
                return null;
            }

            if (options.SlotName is { } slot)
                await session.RunAsync("select pg_create_physical_replication_slot($1, true)", cancellationToken, slot);
        }

        return new RestoredServer(server, target, plan)
        {
            Timeline = timeline,
            ReachedLsn = reached,
            LastCommit = lastCommit,
            WrittenFiles = written,
        };
    }
}
