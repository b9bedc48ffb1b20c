using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;
using TwiBackup.Sealing;

namespace TwiBackup.Database;

/// <summary>
/// Puts into a set the WAL that makes it consistent, while the base backup runs: whole segments from the one with the start LSN to
/// the one with the stop LSN, as <c>wal/&lt;segment&gt;.zst.age</c>. The end of a backup switches the segment, so the last is whole, too.
/// </summary>
internal sealed class SetWalReceiver(WalStream stream, WalSegment first, SetWriter set, SealOptions sealing)
{
    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(5);

    private ulong stopAt = ulong.MaxValue;
    private ulong received = first.Start.Value;

    /// <summary>Everything before this was received.</summary>
    public Lsn Received => new(Volatile.Read(ref received));

    /// <summary>Tells where the backup ended; <see cref="RunAsync"/> returns once everything up to there lies in the set.</summary>
    public async Task StopAtAsync(Lsn lsn, CancellationToken cancellationToken)
    {
        Volatile.Write(ref stopAt, lsn.Value);
        // All of it may have come already: the answer wakes the reader.
        await stream.SendStatusAsync(Received, Received, Lsn.Zero, replyRequested: true, cancellationToken);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var keepingAlive = KeepAliveAsync(ending.Token);
        try
        {
            await ReceiveAsync(cancellationToken);
        }
        finally
        {
            await ending.CancelAsync();
            await keepingAlive;
        }
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        var segment = first;
        SetObjectWriter? writer = null;
        try
        {
            while (!IsComplete(segment))
            {
                var message = await stream.ReadAsync(cancellationToken);
                if (message.Kind == WalMessageKind.TimelineEnded)
                    throw new TwiBackupException("The server stopped sending WAL while its backup ran (a shutdown or a promotion). Take the backup again.");
                if (message.Kind == WalMessageKind.Keepalive)
                    continue;
                if (message.Start != Received)
                    throw new TwiBackupException($"The server sent WAL from {message.Start} where {Received} was due. Take the backup again.");

                var data = message.Data;
                while (!data.IsEmpty)
                {
                    writer ??= await set.CreateObjectAsync($"wal/{segment.Name}.zst.age", sealing, cancellationToken);
                    var part = data[..(int)Math.Min((ulong)data.Length, segment.End - Received)];
                    await writer.Content.WriteAsync(part, cancellationToken);
                    Volatile.Write(ref received, received + (ulong)part.Length);
                    data = data[part.Length..];
                    if (Received == segment.End)
                    {
                        await writer.CompleteAsync(cancellationToken);
                        await writer.DisposeAsync();
                        writer = null;
                        segment = segment.Next;
                    }
                }
            }
        }
        finally
        {
            if (writer is not null)
                await writer.DisposeAsync();
        }
    }

    /// <summary>Whether the segment that is due next lies wholly behind the stop LSN.</summary>
    private bool IsComplete(WalSegment due) => due.Start.Value >= Volatile.Read(ref stopAt);

    /// <summary>Without a word from us the server would drop the connection after wal_sender_timeout.</summary>
    private async Task KeepAliveAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(StatusInterval);
            while (await timer.WaitForNextTickAsync(cancellationToken))
                await stream.SendStatusAsync(Received, Received, Lsn.Zero, replyRequested: false, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The reader has ended.
        }
        catch (Exception e) when (e is IOException or TwiBackupException)
        {
            // The reader meets the same broken connection and tells it.
        }
    }
}
