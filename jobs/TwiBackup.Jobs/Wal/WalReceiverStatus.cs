using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>Where a receiver stands. Lag in bytes is <c>ServerEnd − Durable</c>.</summary>
/// <param name="Connected">Whether it streams now.</param>
/// <param name="Cluster">The cluster's folder name, empty before the first connection.</param>
/// <param name="Timeline">The timeline streamed.</param>
/// <param name="Received">The end of what came.</param>
/// <param name="Durable">The end of what is in the store without a hole.</param>
/// <param name="ServerEnd">The server's end of WAL when it last sent something.</param>
/// <param name="ServerTime">The server's clock when it last sent something.</param>
/// <param name="Mark">The newest proven mark.</param>
public sealed record WalReceiverStatus(
    bool Connected, string Cluster, uint Timeline, Lsn Received, Lsn Durable, Lsn ServerEnd, DateTimeOffset ServerTime, WalMark? Mark)
{
    /// <summary>Bytes that the server has and the store has not.</summary>
    public ulong LagBytes => ServerEnd > Durable ? ServerEnd - Durable : 0;
}
