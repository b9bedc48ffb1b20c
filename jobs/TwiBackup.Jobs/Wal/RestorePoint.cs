using System.Globalization;
using System.Text;
using Npgsql;
using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Wal;

/// <summary>
/// The hourly incremental backup: a named restore point
/// (<see href="https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-BACKUP">pg_create_restore_point</see>),
/// and the proof that the store's WAL reaches it from a full backup without a hole. Needs no identity.
/// </summary>
public sealed class RestorePoint(WalReceiverOptions receiver, IObjectStore store, KeyRing keys, Action<WalEvent> onEvent, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <summary>How long the store may take beyond the flush interval.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Makes the point <c>twibackup-&lt;id&gt;</c>, waits until the store holds its LSN, proves the chain from <paramref name="from"/>
    /// (the start
    /// LSN of the newest full), and records it. Throws when the receiver is down or late, or WAL is missing.
    /// </summary>
    public async Task<RestorePointTaken> TakeAsync(string id, Lsn from, CancellationToken cancellationToken)
    {
        WalSource source;
        await using (var connection = await ReplicationConnection.ConnectAsync(
            receiver.Connection with { ApplicationName = "twibackup_point" }, cancellationToken))
            source = await WalSource.AskAsync(connection, receiver.System, cancellationToken);
        var name = $"twibackup-{id}";
        var (lsn, made, timeline) = await CreateAsync(name, cancellationToken);
        if (timeline != source.Timeline)
            throw new TwiBackupException($"{receiver.Connection} changed its timeline from {source.Timeline} to {timeline} just now. Take the restore point again.");
        await WaitAsync(source, lsn, cancellationToken);

        var chain = await WalChain.LoadAsync(store, source.Layout, cancellationToken);
        var proof = chain.Prove(from, source.Path, lsn);
        if (!proof.Whole)
            throw new TwiBackupException($"{proof.Message} Restore point {name} can't be reached from the newest full: take a new full.");
        var taken = new RestorePointTaken(name, lsn, made, timeline, source.Layout.Cluster, from);
        var mark = new WalMark(made, lsn);
        var content = string.Create(CultureInfo.InvariantCulture, $"name {name}\nlsn {lsn}\ntime {mark.ToString().Split(' ')[0]}\ntimeline {timeline}\nfrom {from}\n");
        await new WalObjects(store, keys, source.Layout, onEvent).PutPointAsync(name, Encoding.ASCII.GetBytes(content), mark, cancellationToken);
        return taken;
    }

    private async Task<(Lsn Lsn, DateTimeOffset Time, uint Timeline)> CreateAsync(string name, CancellationToken cancellationToken)
    {
        await using var sql = await SourceServer.OpenAsync(receiver.Connection, cancellationToken);
        try
        {
            // The restore point alone is not flushed; a commit of its transaction flushes it, and gives it a commit time as well.
            await using var transaction = await sql.BeginTransactionAsync(cancellationToken);
            await using var command = new NpgsqlCommand(
                "select pg_current_xact_id()::text, p::text, clock_timestamp(), left(pg_walfile_name(p), 8) from pg_create_restore_point($1) p", sql);
            command.Parameters.AddWithValue(name);
            Lsn lsn;
            DateTimeOffset made;
            uint timeline;
            await using (var row = await command.ExecuteReaderAsync(cancellationToken))
            {
                await row.ReadAsync(cancellationToken);
                lsn = Lsn.Parse(row.GetString(1));
                made = row.GetFieldValue<DateTimeOffset>(2);
                timeline = uint.Parse(row.GetString(3), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            }

            await transaction.CommitAsync(cancellationToken);
            return (lsn, made, timeline);
        }
        catch (PostgresException standby) when (standby.SqlState == "55000")
        {
            throw new TwiBackupException(
                ExitCode.WrongUse, $"{receiver.Connection} is a standby or still recovers. Restore points are made on the primary: connect to that one.", standby);
        }
        catch (PostgresException denied) when (denied.SqlState == "42501")
        {
            throw new TwiBackupException(
                $"{receiver.Connection.User} may not make restore points: GRANT EXECUTE ON FUNCTION pg_create_restore_point(text) TO it.", denied);
        }
        catch (NpgsqlException failure)
        {
            throw SourceServer.Failed(receiver.Connection, failure);
        }
    }

    private async Task WaitAsync(WalSource source, Lsn lsn, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var limit = receiver.FlushInterval * 3 + Patience;
        while (!await HoldsAsync(source, lsn, cancellationToken))
        {
            if (time.GetElapsedTime(started) > limit)
            {
                var slot = (await SourceServer.AskAsync(receiver.Connection, receiver.Slot, cancellationToken)).Slot;
                throw new TwiBackupException(slot is { IsActive: true }
                    ? $"{store.Location} does not hold WAL up to {lsn} after {limit.TotalSeconds:0} s. The receiver is late: see its log, and the store."
                    : $"{store.Location} does not hold WAL up to {lsn}, because no receiver streams from slot {receiver.Slot}. Start: twibackup wal receive");
            }

            await Task.Delay(Look, time, cancellationToken);
        }
    }

    /// <summary>Whether the last byte before <paramref name="lsn"/> is in a segment or tail.</summary>
    private async Task<bool> HoldsAsync(WalSource source, Lsn lsn, CancellationToken cancellationToken)
    {
        var segment = WalSegment.Containing(new Lsn(lsn.Value - 1), source.Timeline, source.SegmentSize);
        await foreach (var info in store.ListAsync(source.Layout.SegmentPrefix(segment.Name), null, cancellationToken))
        {
            if (source.Layout.TryParse(info.Key, out var found)
                && (found!.Kind == WalObjectKind.Segment || (found.Kind == WalObjectKind.Tail && segment.Start + (ulong)found.End >= lsn)))
                return true;
        }

        return false;
    }
}
