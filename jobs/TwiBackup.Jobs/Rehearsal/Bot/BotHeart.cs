using Npgsql;
using NpgsqlTypes;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>
/// The heartbeat: one row, one commit; when the server has acknowledged it, and only then, one synced line in the acknowledgement log;
/// then the next. So the log never names a row that was not promised.
/// </summary>
internal sealed class BotHeart(NpgsqlDataSource source, AckLogWriter log, TimeSpan interval, BotCounters counters, TimeProvider clock)
{
    /// <summary>Beats until cancelled or until the connection is lost.</summary>
    public async Task BeatAsync(CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        // One statement without BEGIN is a transaction of its own; the reply is read to ReadyForQuery, which follows the commit.
        await using var command = new NpgsqlCommand("insert into heartbeat (sent_at) values ($1) returning id", connection);
        var sentAt = new NpgsqlParameter<DateTime> { NpgsqlDbType = NpgsqlDbType.TimestampTz };
        command.Parameters.Add(sentAt);
        await command.PrepareAsync(cancellation);
        using var timer = new PeriodicTimer(interval, clock);
        do
        {
            sentAt.TypedValue = Now();
            var seq = (long)(await command.ExecuteScalarAsync(cancellation))!;
            var heartbeat = new Acknowledgement(seq, sentAt.TypedValue, Now(), clock.GetTimestamp());
            log.Append(heartbeat);
            counters.Acknowledged(heartbeat);
        }
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    // Whole microseconds, as PostgreSQL keeps them.
    private DateTime Now()
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
