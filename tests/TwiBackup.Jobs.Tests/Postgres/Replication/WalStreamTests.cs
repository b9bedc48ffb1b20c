using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;

namespace TwiBackup.Tests.Postgres.Replication;

public sealed class WalStreamTests
{
    private const int _segment = 1024 * 1024;
    private static readonly InitOptions _smallSegments = new() { WalSegmentSizeMb = 1 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("disable")]
    [InlineData("require")]
    public async Task What_is_streamed_is_what_the_segments_hold(string sslMode)
    {
        using var certificates = new TestCertificates();
        await using var postgres = await TestPostgres.StartAsync(_smallSegments, certificates.ServerSettings);
        await using var connection = await ReplicationConnection.ConnectAsync(postgres.Replicator with { SslMode = sslMode }, Cancel);
        await connection.CreateSlotAsync("receiver", temporary: true, Cancel);
        var start = WalSegment.Containing((await connection.IdentifySystemAsync(Cancel)).FlushLsn, 1, _segment).Start;
        var stream = await connection.StartReplicationAsync("receiver", start, 1, Cancel);
        await FillAsync(postgres, 20000);
        var end = Lsn.Parse(await postgres.ScalarAsync("SELECT pg_current_wal_flush_lsn()"));

        var received = new MemoryStream();
        var before = DateTimeOffset.UtcNow.AddMinutes(-1);
        while (start + (ulong)received.Length < end)
        {
            var message = await stream.ReadAsync(Cancel);
            Assert.InRange(message.ServerTime, before, DateTimeOffset.UtcNow.AddMinutes(1));
            if (message.Kind != WalMessageKind.Data)
                continue;
            Assert.Equal(start + (ulong)received.Length, message.Start);
            received.Write(message.Data.Span);
        }
        Assert.True(received.Length > 3 * _segment, $"{received.Length}");
        for (var segment = WalSegment.Containing(start, 1, _segment); segment.End <= end; segment = segment.Next)
        {
            var file = await File.ReadAllBytesAsync(Path.Combine(postgres.DataDirectory, "pg_wal", segment.Name), Cancel);
            Assert.True(file.AsSpan().SequenceEqual(received.GetBuffer().AsSpan((int)(segment.Start - start), _segment)), segment.Name);
        }

        await stream.SendStatusAsync(end, end, Lsn.Zero, replyRequested: true, Cancel);
        while ((await stream.ReadAsync(Cancel)).Kind != WalMessageKind.Keepalive)
        {
        }
        Assert.Equal(end.ToString(), await postgres.ScalarAsync("SELECT flush_lsn FROM pg_stat_replication"));
        Assert.Equal(end.ToString(), await postgres.ScalarAsync("SELECT restart_lsn FROM pg_replication_slots"));

        await stream.StopAsync(Cancel);
        Assert.Equal("1MB", await connection.ShowAsync("wal_segment_size", Cancel));
    }

    [Theory]
    [InlineData("disable")]
    [InlineData("require")]
    public async Task A_cancelled_read_returns_at_once_and_loses_nothing(string sslMode)
    {
        using var certificates = new TestCertificates();
        await using var postgres = await TestPostgres.StartAsync(_smallSegments, certificates.ServerSettings);
        await using var connection = await ReplicationConnection.ConnectAsync(postgres.Replicator with { SslMode = sslMode }, Cancel);
        var position = WalSegment.Containing((await connection.IdentifySystemAsync(Cancel)).FlushLsn, 1, _segment).Start;
        var stream = await connection.StartReplicationAsync(null, position, 1, Cancel);
        for (var round = 0; round < 10; round++)
        {
            var filled = FillAsync(postgres, 500);
            using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                while (true)
                {
                    var message = await stream.ReadAsync(cancel.Token);
                    if (message.Kind == WalMessageKind.Data)
                    {
                        Assert.Equal(position, message.Start);
                        position += (ulong)message.Data.Length;
                    }
                }
            });
            await filled;
        }
        await stream.StopAsync(Cancel);
        Assert.True((await connection.IdentifySystemAsync(Cancel)).FlushLsn >= position);
    }

    [Fact]
    public async Task A_promoted_standby_ends_the_timeline_and_names_the_next()
    {
        await using var standby = await TestPostgres.StartAsync(_smallSegments);
        Assert.True(await standby.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(60), Cancel));
        await File.WriteAllTextAsync(Path.Combine(standby.DataDirectory, "standby.signal"), "", Cancel);
        await standby.StartAgainAsync();

        await using var connection = await ReplicationConnection.ConnectAsync(standby.Replicator, Cancel);
        var start = WalSegment.Containing((await connection.IdentifySystemAsync(Cancel)).FlushLsn, 1, _segment).Start;
        var stream = await connection.StartReplicationAsync(null, start, 1, Cancel);
        await standby.ScalarAsync("SELECT pg_promote()");

        var position = start;
        WalMessage message;
        while ((message = await stream.ReadAsync(Cancel)).Kind != WalMessageKind.TimelineEnded)
        {
            if (message.Kind == WalMessageKind.Data)
                position = message.Start + (ulong)message.Data.Length;
        }
        Assert.Equal(2u, message.NextTimeline);
        Assert.Equal(position, message.Start);
        Assert.Equal(message, await stream.ReadAsync(Cancel));

        // The connection goes on: the history, the rest of the old timeline (nothing), the new timeline.
        var history = await connection.TimelineHistoryAsync(2, Cancel);
        Assert.Equal("00000002.history", history.Name);
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(standby.DataDirectory, "pg_wal", history.Name), Cancel), history.Content);
        var nothing = await connection.StartReplicationAsync(null, message.Start, 1, Cancel);
        Assert.Equal(message, await nothing.ReadAsync(Cancel));
        var next = await connection.StartReplicationAsync(null, WalSegment.Containing(message.Start, 2, _segment).Start, 2, Cancel);
        Assert.Equal(WalMessageKind.Data, (await next.ReadAsync(Cancel)).Kind);
        await next.StopAsync(Cancel);
        Assert.Equal(2u, (await connection.IdentifySystemAsync(Cancel)).Timeline);
    }

    [Fact]
    public async Task A_fast_shutdown_waits_for_the_receiver_and_ends_the_stream()
    {
        await using var postgres = await TestPostgres.StartAsync(_smallSegments);
        await using var connection = await ReplicationConnection.ConnectAsync(postgres.Replicator, Cancel);
        var start = (await connection.IdentifySystemAsync(Cancel)).FlushLsn;
        var stream = await connection.StartReplicationAsync(null, start, 1, Cancel);
        var stopped = postgres.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(30), Cancel);
        var position = start;
        WalMessage message;
        while ((message = await stream.ReadAsync(Cancel)).Kind != WalMessageKind.TimelineEnded)
        {
            if (message.Kind == WalMessageKind.Data)
                position = message.Start + (ulong)message.Data.Length;
            try
            {
                await stream.SendStatusAsync(position, position, Lsn.Zero, replyRequested: false, Cancel);
            }
            catch (TwiBackupException)
            {
                // The server had all it waited for and is gone; what it said last is still to be read.
            }
        }
        Assert.Equal(0u, message.NextTimeline);
        Assert.True(await stopped);
    }

    [Fact]
    public async Task A_server_killed_is_said()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var connection = await ReplicationConnection.ConnectAsync(postgres.Replicator, Cancel);
        var stream = await connection.StartReplicationAsync(null, (await connection.IdentifySystemAsync(Cancel)).FlushLsn, 1, Cancel);
        postgres.Server.Kill();
        var error = await Assert.ThrowsAsync<TwiBackupException>(async () =>
        {
            while (true)
                await stream.ReadAsync(Cancel);
        });
        Assert.Contains("was lost", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<TwiBackupException>(async () =>
        {
            while (true)
                await stream.SendStatusAsync(Lsn.Zero, Lsn.Zero, Lsn.Zero, false, Cancel);
        });
    }

    [Fact]
    public async Task Wal_that_is_gone_is_a_gap_that_asks_for_a_full_backup()
    {
        await using var postgres = await TestPostgres.StartAsync(_smallSegments, ("wal_keep_size", "0"), ("max_wal_size", "4MB"));
        await using var connection = await ReplicationConnection.ConnectAsync(postgres.Replicator, Cancel);
        var start = (await connection.IdentifySystemAsync(Cancel)).FlushLsn;
        await FillAsync(postgres, 30000);
        await postgres.ExecuteAsync("app", "CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT");
        var error = await Assert.ThrowsAsync<PostgresErrorException>(async () =>
        {
            var stream = await connection.StartReplicationAsync(null, start, 1, Cancel);
            while (true)
                await stream.ReadAsync(Cancel);
        });
        Assert.Contains("take a full backup", error.Message, StringComparison.Ordinal);
    }

    private static Task FillAsync(TestPostgres postgres, int rows) => postgres.ExecuteAsync(
        "app", "CREATE TABLE IF NOT EXISTS filler (i int, text text)", $"INSERT INTO filler SELECT i, repeat(md5(i::text), 8) FROM "
            + $"generate_series(1, {rows}) i");
}
