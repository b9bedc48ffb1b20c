using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;
using TwiBackup.Progress;
using TwiBackup.Sealing;

namespace TwiBackup.Database;

/// <summary>
/// Takes a full backup: <see href="https://www.postgresql.org/docs/current/protocol-replication.html#PROTOCOL-REPLICATION-BASE-BACKUP">BASE_BACKUP</see>
/// on one connection, cut into volumes and sealed while it runs, and on a second the WAL that makes it consistent, held by a temporary
/// slot (a slot made on one connection can't be used on another). The set is committed only when that WAL has reached the stop LSN.
/// </summary>
public sealed class FullBackup(
    SetCatalog catalog, ConnectionSettings connection, FullBackupOptions options, TimeProvider clock, IProgressReporter progress)
{
    /// <summary>The object with PostgreSQL's own list of files and checksums (pg_verifybackup reads it).</summary>
    public const string BackupManifestName = "backup_manifest.zst.age";

    /// <summary>Takes the backup and returns the committed set.</summary>
    /// <exception cref="TwiBackupException">
    /// Nothing was committed: the server can't be used for it, another backup runs, the store failed, or the connection was lost.
    /// </exception>
    public async Task<BackupSet> RunAsync(CancellationToken cancellationToken)
    {
        var facts = await ServerFacts.ReadAsync(connection, cancellationToken);
        new Preflight(connection.ApplicationName, WalSenders: 2, ReplicationSlots: 1).ThrowIfMissing(facts, connection.ToString());

        await using var walConnection = await ReplicationConnection.ConnectAsync(connection, cancellationToken);
        await BackupLock.TakeAsync(walConnection, connection, options.SlotName, cancellationToken);

        var set = await SetWriter.BeginAsync(catalog, SetKind.Full, clock, cancellationToken);
        await using var baseConnection = await ReplicationConnection.ConnectAsync(connection, cancellationToken);
        var backup = await baseConnection.StartBaseBackupAsync(
            new BaseBackupOptions($"twibackup {set.Id}", options.FastCheckpoint), cancellationToken);
        if (backup.Tablespaces.Count > 0)
            throw new TwiBackupException($"The cluster has a tablespace at {backup.Tablespaces[0]}; a restore could not place it. Move its tables to the default tablespace and drop it.");
        progress.Stage("base backup", backup.EstimatedBytes > 0 ? backup.EstimatedBytes : null);

        var first = WalSegment.Containing(backup.StartLsn, backup.Timeline, facts.WalSegmentSize);
        var stream = await walConnection.StartReplicationAsync(options.SlotName, first.Start, backup.Timeline, cancellationToken);
        var wal = new SetWalReceiver(stream, first, set, new SealOptions(options.Level, Workers: 1, HashPlaintext: false));

        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var receiving = CancelOnFailureAsync(wal.RunAsync(together.Token), together);
        var copying = CancelOnFailureAsync(CopyAsync(backup, set, wal, together.Token), together);
        try
        {
            await FirstFailureAsync(receiving, copying, cancellationToken);
        }
        finally
        {
            // Neither may still use its connection when that is closed.
            await together.CancelAsync();
            await Task.WhenAll(receiving, copying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        var stop = await copying;
        var source = Describe(await ManifestFacts.ReadAsync(connection, facts, cancellationToken), backup, stop);
        var committed = await set.CommitAsync(options.Keep, m => m with { Database = source }, cancellationToken);
        foreach (var notice in baseConnection.Notices)
            progress.Warn(notice);
        return committed;
    }

    private async Task<BaseBackupEvent> CopyAsync(BaseBackupStream backup, SetWriter set, SetWalReceiver wal, CancellationToken cancellationToken)
    {
        await using var volumes = new VolumeCutter(set, new SealOptions(options.Level, options.Workers, HashPlaintext: false), options.VolumeSize);
        SetObjectWriter? manifest = null;
        try
        {
            while (true)
            {
                var read = await backup.ReadAsync(cancellationToken);
                switch (read.Kind)
                {
                    case BaseBackupEventKind.Data:
                        await volumes.WriteAsync(read.Data, cancellationToken);
                        progress.Advance(read.Data.Length);
                        break;
                    case BaseBackupEventKind.ManifestStart:
                        await volumes.CompleteAsync(cancellationToken);
                        manifest = await set.CreateObjectAsync(BackupManifestName, new SealOptions(options.Level, HashPlaintext: false), cancellationToken);
                        break;
                    case BaseBackupEventKind.ManifestData:
                        await manifest!.Content.WriteAsync(read.Data, cancellationToken);
                        break;
                    case BaseBackupEventKind.End when manifest is null:
                        throw new TwiBackupException("The server ended the base backup without its manifest. Take the backup again.");
                    case BaseBackupEventKind.End:
                        await manifest.CompleteAsync(cancellationToken);
                        await wal.StopAtAsync(read.Lsn, cancellationToken);
                        return read;
                    default:
                        break;
                }
            }
        }
        finally
        {
            if (manifest is not null)
                await manifest.DisposeAsync();
        }
    }

    private static SourceFacts Describe(SourceFacts facts, BaseBackupStream backup, BaseBackupEvent stop)
    {
        if (stop.Timeline != backup.Timeline)
            throw new TwiBackupException($"The timeline changed from {backup.Timeline} to {stop.Timeline} while the backup ran. Take the backup again.");
        return facts with { Timeline = stop.Timeline, StartLsn = backup.StartLsn.ToString(), StopLsn = stop.Lsn.ToString() };
    }

    private static async Task<T> CancelOnFailureAsync<T>(Task<T> task, CancellationTokenSource other)
    {
        try
        {
            return await task;
        }
        catch
        {
            await other.CancelAsync();
            throw;
        }
    }

    private static Task<bool> CancelOnFailureAsync(Task task, CancellationTokenSource other) =>
        CancelOnFailureAsync(AsValue(task), other);

    private static async Task<bool> AsValue(Task task)
    {
        await task;
        return true;
    }

    /// <summary>Waits for both; when both fail, the one that failed of itself and not by the other's cancellation is thrown.</summary>
    private async Task FirstFailureAsync(Task receiving, Task copying, CancellationToken cancellationToken)
    {
        try
        {
            await copying;
            await receiving.WaitAsync(options.WalTimeout, clock, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TwiBackupException($"The server ended the backup, but its last WAL did not come within {options.WalTimeout.TotalMinutes:0} minutes; nothing was committed. Look at the server's log.", e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The other's failure cancelled this one a moment before it can be seen.
            await receiving;
            throw;
        }
    }
}
