using System.Data;
using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>
/// Compares what was acknowledged with what was recovered. A heartbeat is the same only when number and time agree: after a loss the
/// recovered database gives lost numbers out again.
/// </summary>
public static class HeartbeatComparer
{
    /// <summary>
    /// Compares with the rows that a recovered database has. It may be in use again already: rows sent after <paramref name="kill"/> are
    /// left out.
    /// </summary>
    /// <param name="log">Read after the kill.</param>
    /// <param name="recovered">A connection to the recovered database.</param>
    /// <param name="kill">The instant of the disaster; heartbeats acknowledged later do not count. For a point in time, that point.</param>
    /// <param name="since">
    /// Where the measurement begins; with several disasters in one log, a moment after the recovery from the one before.
    /// </param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="TwiBackupException">The window has no heartbeat, or the log is of another boot than the instants.</exception>
    public static async Task<HeartbeatComparison> CompareAsync(
        AckLog log,
        NpgsqlConnection recovered,
        MonotonicInstant kill,
        MonotonicInstant? since = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(recovered);
        if (recovered.State != ConnectionState.Open) await recovered.OpenAsync(cancellation);
        var rows = await recovered.ListAsync(
            "select id, sent_at from public.heartbeat order by id",
            row => new Heartbeat(row.GetInt64(0), row.GetDateTime(1)),
            cancellation);
        return Compare(log, rows, kill, since);
    }

    /// <summary>The same with rows that were read already.</summary>
    public static HeartbeatComparison Compare(
        AckLog log, IReadOnlyCollection<Heartbeat> recovered, MonotonicInstant kill, MonotonicInstant? since = null)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(recovered);
        if (log.Boot != kill.Boot || since is { } from && from.Boot != kill.Boot)
            throw new TwiBackupException(
                "The acknowledgements and the kill are of different starts of the machine, so no time can be told; rehearse again.");
        var acknowledged = log.Records.Where(one => one.Ticks <= kill.Ticks && one.Ticks >= (since?.Ticks ?? long.MinValue)).ToList();
        if (acknowledged.Count == 0)
            throw new TwiBackupException(
                "No heartbeat was acknowledged before the kill, so no loss can be measured; let the bot write first.");

        var rows = recovered.ToHashSet();
        var last = acknowledged.FindLastIndex(one => rows.Contains(Row(one)));
        var newest = acknowledged[^1];
        var newestRecovered = last < 0 ? null : acknowledged[last];
        var known = log.Records.Select(Row).ToHashSet();
        return new HeartbeatComparison(
            newest,
            newestRecovered,
            Lost: acknowledged.Count - last - 1,
            Holes: [.. acknowledged.Take(Math.Max(last, 0)).Where(one => !rows.Contains(Row(one)))],
            Extra: [.. recovered.Where(row => !known.Contains(row) && row.SentAt <= kill.Utc && row.SentAt >= acknowledged[0].SentAt)],
            Recoverable: newestRecovered is null ? null : MonotonicInstant.Between(newestRecovered.Ticks, newest.Ticks),
            SinceLastRecovered: newestRecovered is null ? null : MonotonicInstant.Between(newestRecovered.Ticks, kill.Ticks),
            LongestSilence: LongestSilence(acknowledged, kill));
    }

    private static Heartbeat Row(Acknowledgement one) => new(one.Seq, one.SentAt);

    private static TimeSpan LongestSilence(List<Acknowledgement> acknowledged, MonotonicInstant kill)
    {
        var ends = acknowledged.Skip(1).Select(one => one.Ticks).Append(kill.Ticks);
        return MonotonicInstant.Between(0, acknowledged.Zip(ends, (begin, end) => end - begin.Ticks).Max());
    }
}
