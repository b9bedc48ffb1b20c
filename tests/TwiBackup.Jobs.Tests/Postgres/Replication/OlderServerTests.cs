using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;

namespace TwiBackup.Tests.Postgres.Replication;

/// <summary>
/// What servers 13 and 14 send for BASE_BACKUP, played by a script after the protocol's description
/// (<see href="https://www.postgresql.org/docs/14/protocol-replication.html">53.4</see>): a COPY an archive, tar files without their end,
/// the manifest's COPY last.
/// </summary>
public sealed class OlderServerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1 << 20)]
    public async Task A_copy_an_archive_gives_the_same_events(int pieces)
    {
        var tar = new byte[70_000];
        Random.Shared.NextBytes(tar);
        byte[] answer =
        [
            .. Rows(ScriptedServer.Row("0/2000028", "3")),
            .. Rows(ScriptedServer.Row(null, null, "68")),
            .. ScriptedServer.Message('H', 0, 0, 0), .. ScriptedServer.Message('d', tar[..32768]),
                .. ScriptedServer.Message('d', tar[32768..]), .. ScriptedServer.Message('c'),
            .. ScriptedServer.Message('H', 0, 0, 0), .. ScriptedServer.Message('d', "{manifest}"u8.ToArray()),
                .. ScriptedServer.Message('c'),
            .. Rows(ScriptedServer.Row("0/2000100", "3")),
            .. ScriptedServer.Message('Z', (byte)'I'),
        ];
        await using var server = new ScriptedServer("14.5", answer, pieces);
        await using var connection = await ReplicationConnection.ConnectAsync(server.Settings, Cancel);
        Assert.Equal((140005, 4711), (connection.ServerVersion, connection.BackendProcessId));
        var backup = await connection.StartBaseBackupAsync(new BaseBackupOptions("old"), Cancel);
        Assert.StartsWith("BASE_BACKUP LABEL 'old' PROGRESS FAST NOWAIT", server.Command, StringComparison.Ordinal);
        Assert.Equal((Lsn.Parse("0/2000028"), 3u, 68L * 1024), (backup.StartLsn, backup.Timeline, backup.EstimatedBytes));
        Assert.Empty(backup.Tablespaces);

        var kinds = new List<BaseBackupEventKind>();
        var data = new MemoryStream();
        BaseBackupEvent part;
        do
        {
            part = await backup.ReadAsync(Cancel);
            kinds.Add(part.Kind);
            data.Write(part.Data.Span);
        }
        while (part.Kind != BaseBackupEventKind.End);
        Assert.Equal(
            [
                BaseBackupEventKind.ArchiveStart, BaseBackupEventKind.Data, BaseBackupEventKind.Data, BaseBackupEventKind.Data,
                BaseBackupEventKind.ManifestStart, BaseBackupEventKind.ManifestData, BaseBackupEventKind.End,
            ],
            kinds);
        Assert.Equal([.. tar, .. new byte[1024], .. "{manifest}"u8], data.ToArray());
        Assert.Equal((Lsn.Parse("0/2000100"), 3u), (part.Lsn, part.Timeline));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_not_a_backup()
    {
        byte[] answer = [.. Rows(ScriptedServer.Row("0/2000028", "1")), .. Rows(ScriptedServer.Row(null, null, "68")),
            .. ScriptedServer.Message('Z', (byte)'I')];
        await using var server = new ScriptedServer("14.5", answer, answer.Length);
        await using var connection = await ReplicationConnection.ConnectAsync(server.Settings, Cancel);
        var backup = await connection.StartBaseBackupAsync(new BaseBackupOptions("old"), Cancel);
        await Assert.ThrowsAsync<TwiBackupException>(async () => await backup.ReadAsync(Cancel));
    }

    [Fact]
    public async Task A_message_longer_than_any_server_sends_is_refused()
    {
        await using var server = new ScriptedServer("15.1", [(byte)'d', 0x7F, 0, 0, 0, 0, 0], 100);
        await using var connection = await ReplicationConnection.ConnectAsync(server.Settings, Cancel);
        var error = await Assert.ThrowsAsync<TwiBackupException>(() => connection.IdentifySystemAsync(Cancel));
        Assert.Contains("not PostgreSQL's protocol", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_larger_than_the_buffer_is_read_whole()
    {
        var content = new string('h', 3_000_000);
        byte[] answer = [.. Rows(ScriptedServer.Row("00000002.history", content)), .. ScriptedServer.Message('Z', (byte)'I')];
        await using var server = new ScriptedServer("14.5", answer, 100_000);
        await using var connection = await ReplicationConnection.ConnectAsync(server.Settings, Cancel);
        Assert.Equal(content.Length, (await connection.TimelineHistoryAsync(2, Cancel)).Content.Length);
    }

    [Theory]
    [InlineData("../../etc/x.history")]
    [InlineData("00000003.history")]
    public async Task A_history_files_name_is_the_one_asked_for(string name)
    {
        byte[] answer = [.. Rows(ScriptedServer.Row(name, "1")), .. ScriptedServer.Message('Z', (byte)'I')];
        await using var server = new ScriptedServer("15.1", answer, answer.Length);
        await using var connection = await ReplicationConnection.ConnectAsync(server.Settings, Cancel);
        await Assert.ThrowsAsync<TwiBackupException>(() => connection.TimelineHistoryAsync(2, Cancel));
    }

    private static byte[] Rows(byte[] row) =>
        [.. ScriptedServer.Message('T', 0, 0), .. row, .. ScriptedServer.Message('C', "SELECT\0"u8.ToArray())];
}
