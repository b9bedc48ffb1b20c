using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;

namespace TwiBackup.Tests.Postgres.Replication;

public sealed class ReplicationConnectionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_system_and_its_settings_are_told()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var connection = await ReplicationConnection.ConnectAsync(postgres.Replicator, Cancel);
        var identity = await connection.IdentifySystemAsync(Cancel);
        Assert.Equal(await postgres.ScalarAsync("SELECT system_identifier FROM pg_control_system()"), $"{identity.SystemIdentifier}");
        Assert.Equal(1u, identity.Timeline);
        Assert.True(identity.FlushLsn > Lsn.Zero);
        Assert.Equal("16MB", await connection.ShowAsync("wal_segment_size", Cancel));
        Assert.Equal(await postgres.ScalarAsync("SHOW server_version_num"), $"{connection.ServerVersion}");
        Assert.Equal("twibackup", await postgres.ScalarAsync($"SELECT application_name FROM pg_stat_activity WHERE pid = "
            + $"{connection.BackendProcessId}"));
    }

    [Fact]
    public async Task After_an_error_the_next_command_works()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var connection = await ReplicationConnection.ConnectAsync(postgres.Replicator, Cancel);
        Assert.Equal("42704", (await Assert.ThrowsAsync<PostgresErrorException>(() => connection.ShowAsync("no_such_setting",
            Cancel))).SqlState);
        Assert.Equal("replica", await connection.ShowAsync("wal_level", Cancel));
        await Assert.ThrowsAsync<TwiBackupException>(() => connection.ShowAsync("wal_level; DROP TABLE x", Cancel));
        await Assert.ThrowsAsync<PostgresErrorException>(() => connection.TimelineHistoryAsync(7, Cancel));
        var future = await connection.StartReplicationAsync(null, new Lsn(1UL << 40), 1, Cancel);
        await Assert.ThrowsAsync<PostgresErrorException>(async () => await future.ReadAsync(Cancel));
        Assert.Equal("replica", await connection.ShowAsync("wal_level", Cancel));
    }

    [Fact]
    public async Task A_slot_lives_from_its_making_to_its_dropping()
    {
        await using var postgres = await TestPostgres.StartAsync(("max_replication_slots", "2"));
        await using var connection = await ReplicationConnection.ConnectAsync(postgres.Replicator, Cancel);
        await connection.CreateSlotAsync("kept", temporary: false, Cancel);
        var slot = await connection.ReadSlotAsync("kept", Cancel);
        Assert.NotNull(slot?.RestartLsn);
        Assert.Equal(1u, slot.RestartTimeline);
        Assert.Null(await connection.ReadSlotAsync("absent", Cancel));
        Assert.Equal("42710", (await ErrorAsync(connection.CreateSlotAsync("kept", false, Cancel))).SqlState);
        await using (var other = await ReplicationConnection.ConnectAsync(postgres.Replicator, Cancel))
            await other.CreateSlotAsync("passing", temporary: true, Cancel);
        await WaitForAsync(postgres, "SELECT count(*) FROM pg_replication_slots", "1");

        await connection.CreateSlotAsync("second", temporary: true, Cancel);
        var full = await ErrorAsync(connection.CreateSlotAsync("third", temporary: true, Cancel));
        Assert.Contains("max_replication_slots", full.Message, StringComparison.Ordinal);
        await connection.DropSlotAsync("kept", wait: false, Cancel);
        Assert.Equal("42704", (await ErrorAsync(connection.DropSlotAsync("kept", wait: false, Cancel))).SqlState);
        await Assert.ThrowsAsync<TwiBackupException>(() => connection.CreateSlotAsync("Bad\"name", true, Cancel));
    }

    [Fact]
    public async Task A_slot_in_use_names_its_user()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var first = await ReplicationConnection.ConnectAsync(postgres.Replicator, Cancel);
        await first.CreateSlotAsync("receiver", temporary: false, Cancel);
        var start = (await first.IdentifySystemAsync(Cancel)).FlushLsn;
        await first.StartReplicationAsync("receiver", start, 1, Cancel);
        await using var second = await ReplicationConnection.ConnectAsync(postgres.Replicator, Cancel);
        var error = await ErrorAsync(second.StartReplicationAsync("receiver", start, 1, Cancel));
        Assert.Equal("55006", error.SqlState);
        Assert.Contains($"active for PID {first.BackendProcessId}", error.Message, StringComparison.Ordinal);
        Assert.Equal("55006", (await ErrorAsync(second.DropSlotAsync("receiver", wait: false, Cancel))).SqlState);
        var dropped = second.DropSlotAsync("receiver", wait: true, Cancel);
        await first.DisposeAsync();
        await dropped;
    }

    [Fact]
    public async Task Walsenders_used_up_and_minimal_wal_name_the_setting()
    {
        await using var postgres = await TestPostgres.StartAsync(("max_wal_senders", "1"));
        await using (await ReplicationConnection.ConnectAsync(postgres.Replicator, Cancel))
            Assert.Contains("max_wal_senders is used up", (await RefusedAsync(postgres.Replicator)).Message, StringComparison.Ordinal);
        await postgres.RestartAsync(settings: [("max_wal_senders", "0"), ("wal_level", "minimal")]);
        Assert.Contains("Set wal_level = replica", (await RefusedAsync(postgres.Replicator)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_tls_is_refused_where_tls_is_demanded_and_taken_where_it_is_preferred()
    {
        await using var postgres = await TestPostgres.StartAsync();
        Assert.Contains(
            "Set ssl = on", (await RefusedAsync(postgres.Replicator with { SslMode = "require" })).Message, StringComparison.Ordinal);
        await using var connection = await ReplicationConnection.ConnectAsync(postgres.Replicator with { SslMode = "prefer" }, Cancel);
        Assert.False(connection.IsEncrypted);
    }

    [Fact]
    public async Task A_server_that_is_down_is_named_by_host_and_port()
    {
        var port = LocalServer.FreePort();
        var error = await RefusedAsync(Nobody("127.0.0.1", port));
        Assert.Contains($"No PostgreSQL server listens on 127.0.0.1:{port}", error.Message, StringComparison.Ordinal);
        Assert.Contains("/nonexistent/.s.PGSQL.5432", (await RefusedAsync(Nobody("/nonexistent", 5432))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "no-such-host.invalid", (await RefusedAsync(Nobody("no-such-host.invalid", 5432))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up_at_the_time_limit_or_when_cancelled()
    {
        using var mute = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        mute.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        mute.Listen();
        var settings = Nobody("127.0.0.1", ((IPEndPoint)mute.LocalEndPoint!).Port);
        var error = await RefusedAsync(settings with { ConnectTimeout = TimeSpan.FromMilliseconds(200) });
        Assert.Contains("did not answer within 0.2 s", error.Message, StringComparison.Ordinal);

        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReplicationConnection.ConnectAsync(settings, cancel.Token));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task An_address_that_swallows_the_connect_is_given_up_at_the_time_limit_or_when_cancelled()
    {
        // A listener whose queue is full drops what comes: the connect hangs as behind a firewall.
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using var first = new TcpClient();
        using var second = new TcpClient();
        await first.ConnectAsync((IPEndPoint)full.LocalEndPoint!, Cancel);
        var queued = second.ConnectAsync((IPEndPoint)full.LocalEndPoint!, Cancel).AsTask();
        var settings = Nobody("127.0.0.1", ((IPEndPoint)full.LocalEndPoint!).Port);
        var clock = Stopwatch.StartNew();
        await RefusedAsync(settings with { ConnectTimeout = TimeSpan.FromMilliseconds(200) });
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReplicationConnection.ConnectAsync(settings, cancel.Token));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"{clock.Elapsed}");
        second.Close();
        await Task.WhenAny(queued);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "disable")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "require")]
    [InlineData("R\u0000\u0000\u0000\u0002", "disable")]
    [InlineData("d\u007f\u007f\u007f\u007f", "disable")]
    [InlineData("Z\u0000\u0000\u0000\u0005I", "disable")]
    [InlineData("R\u0000\u0000\u0000\u0008\u0000\u0000\u0000\u0000E\u0000\u0000\u0000\u0006Sx", "disable")]
    [InlineData("R\u0000\u0000\u0000\u0008\u0000\u0000\u0000\u0009", "disable")]
    [InlineData("R\u0000\u0000\u0000\u0008\u0000\u0000\u0000\u000c", "disable")]
    [InlineData("", "disable")]
    [InlineData("", "require")]
    public async Task Something_else_than_PostgreSQL_is_refused_in_one_line(string answer, string sslMode)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var refused = RefusedAsync(Nobody("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port) with { SslMode = sslMode });
        using (var client = await listener.AcceptSocketAsync(Cancel))
        {
            await client.ReceiveAsync(new byte[1024], Cancel);
            await client.SendAsync(System.Text.Encoding.Latin1.GetBytes(answer), Cancel);
            client.Shutdown(SocketShutdown.Send);
            await refused;
        }
    }

    [Theory]
    [InlineData("15.18 (Debian 15.18-0+deb12u1)", 150018)]
    [InlineData("18beta1", 180000)]
    [InlineData("13.0", 130000)]
    public void Versions_are_read_as_server_version_num(string text, int number) =>
        Assert.Equal(number, ReplicationConnection.ReadVersion(text));

    [Theory]
    [InlineData("9.6.24")]
    [InlineData("nonsense")]
    public void Versions_too_old_are_refused(string text) =>
        Assert.Throws<TwiBackupException>(() => ReplicationConnection.ReadVersion(text));

    internal static async Task WaitForAsync(TestPostgres postgres, string query, string value)
    {
        while (await postgres.ScalarAsync(query) != value)
            await Task.Delay(10, Cancel);
    }

    private static ConnectionSettings Nobody(string host, int port) =>
        new() { Host = host, Port = port, User = "nobody", SslMode = "disable" };

    private static async Task<PostgresErrorException> ErrorAsync(Task command) =>
        await Assert.ThrowsAsync<PostgresErrorException>(() => command);

    private static async Task<TwiBackupException> RefusedAsync(ConnectionSettings settings)
    {
        var error = await Assert.ThrowsAsync<TwiBackupException>(() => ReplicationConnection.ConnectAsync(settings, Cancel));
        Assert.DoesNotContain('\n', error.Message);
        return error;
    }
}
