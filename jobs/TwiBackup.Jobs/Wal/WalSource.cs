using System.Globalization;
using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;

namespace TwiBackup.Wal;

/// <summary>What a receiver knows of the cluster it is connected to, and how it finds the place to begin.</summary>
/// <param name="Layout">Where its WAL goes.</param>
/// <param name="SegmentSize">wal_segment_size in bytes.</param>
/// <param name="Path">The way to the server's current timeline.</param>
internal sealed record WalSource(WalLayout Layout, int SegmentSize, TimelineHistory Path)
{
    public uint Timeline => Path.Timeline;

    public Lsn SegmentStart(Lsn lsn) => new(lsn.Value / (ulong)SegmentSize * (ulong)SegmentSize);

    /// <summary>The end of what the store holds along the path: by its listing, or what became durable since; zero when nothing.</summary>
    public Lsn StoreEnd(WalChain chain, IReadOnlyDictionary<uint, Lsn> durable)
    {
        for (var i = Path.Path.Count - 1; i >= 0; i--)
        {
            var span = Path.Path[i];
            var end = chain.Of(span.Timeline) is { Ranges.Count: > 0 } coverage ? coverage.Ranges[^1].End : Lsn.Zero;
            if (durable.TryGetValue(span.Timeline, out var since) && since > end)
                end = since;
            if (end > Lsn.Zero)
                return end < span.End ? end : span.End;
        }

        return Lsn.Zero;
    }

    /// <summary>Asks the server who it is.</summary>
    public static async Task<WalSource> AskAsync(ReplicationConnection connection, string system, CancellationToken cancellationToken)
    {
        var identity = await connection.IdentifySystemAsync(cancellationToken);
        var size = ParseSize(await connection.ShowAsync("wal_segment_size", cancellationToken));
        var path = TimelineHistory.WithoutParent(identity.Timeline);
        if (identity.Timeline > 1)
        {
            var file = await connection.TimelineHistoryAsync(identity.Timeline, cancellationToken);
            path = TimelineHistory.Parse(identity.Timeline, file.Content);
        }

        return new WalSource(new WalLayout(system, connection.ServerVersion / 10000, identity.SystemIdentifier), size, path);
    }

    /// <summary>Reads what SHOW says of a size: 16MB, 1GB, 512kB.</summary>
    internal static int ParseSize(string text)
    {
        var digits = text.Length;
        while (digits > 0 && !char.IsAsciiDigit(text[digits - 1]))
            digits--;
        var unit = text[digits..] switch { "B" or "" => 1L, "kB" => 1L << 10, "MB" => 1L << 20, "GB" => 1L << 30, _ => 0 };
        return long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && WalLayout.IsSegmentSize(number * unit)
                ? (int)(number * unit)
                : throw new TwiBackupException($"wal_segment_size \"{text}\" is not one that PostgreSQL has. Is this a PostgreSQL server?");
    }
}
