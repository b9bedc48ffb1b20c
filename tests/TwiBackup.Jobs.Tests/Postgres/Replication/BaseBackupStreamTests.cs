using System.Text;
using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;

namespace TwiBackup.Tests.Postgres.Replication;

public sealed class BaseBackupStreamTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("disable", "CRC32C")]
    [InlineData("require", "SHA256")]
    public async Task The_archive_is_what_pg_verifybackup_expects(string sslMode, string checksums)
    {
        using var certificates = new TestCertificates();
        await using var postgres = await TestPostgres.StartAsync(certificates.ServerSettings);
        await postgres.ExecuteAsync("app", "CREATE TABLE filler AS SELECT i, repeat(md5(i::text), 20) AS text FROM generate_series(1, "
            + "40000) i");
        await using var connection = await ReplicationConnection.ConnectAsync(postgres.Replicator with { SslMode = sslMode }, Cancel);
        var backup = await connection.StartBaseBackupAsync(new BaseBackupOptions("it's a test", ManifestChecksums: checksums), Cancel);
        Assert.Empty(backup.Tablespaces);
        Assert.Equal(1u, backup.Timeline);

        var folder = Directory.CreateTempSubdirectory("twi-base-").FullName;
        try
        {
            var (stop, bytes) = await ReceiveAsync(backup, folder);
            Assert.True(stop.Lsn > backup.StartLsn);
            Assert.Equal(1u, stop.Timeline);
            Assert.InRange(backup.EstimatedBytes, bytes * 8 / 10, bytes * 12 / 10);
            // The next command follows on the same connection.
            Assert.True((await connection.IdentifySystemAsync(Cancel)).FlushLsn >= stop.Lsn);

            await RunAsync(
                "tar", "-xf", Path.Combine(folder, "base.tar"), "-C", Directory.CreateDirectory(Path.Combine(folder, "data")).FullName);
            File.Move(Path.Combine(folder, "backup_manifest"), Path.Combine(folder, "data", "backup_manifest"));
            var said = await RunAsync(TestEnvironment.Installation.Tool("pg_verifybackup"), "-n", "-e", Path.Combine(folder, "data"));
            Assert.Contains("successfully verified", said, StringComparison.Ordinal);
            Assert.Contains(
                "it's a test", await File.ReadAllTextAsync(Path.Combine(folder, "data", "backup_label"), Cancel), StringComparison.Ordinal);
            Assert.Contains(
                checksums, await File.ReadAllTextAsync(Path.Combine(folder, "data", "backup_manifest"), Cancel), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_damaged_page_is_named_by_its_file()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await postgres.ExecuteAsync("app", "CREATE TABLE damaged AS SELECT i FROM generate_series(1, 5000) i", "CHECKPOINT");
        var file = await postgres.ScalarAsync("SELECT pg_relation_filepath('damaged')", "app");
        Assert.True(await postgres.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(60), Cancel));
        using (var handle = File.OpenHandle(Path.Combine(postgres.DataDirectory, file), FileMode.Open, FileAccess.Write))
            RandomAccess.Write(handle, "flipped"u8, 3 * 8192 + 4000);
        await postgres.StartAgainAsync();

        await using var connection = await ReplicationConnection.ConnectAsync(postgres.Replicator, Cancel);
        var backup = await connection.StartBaseBackupAsync(new BaseBackupOptions("damaged"), Cancel);
        var error = await Assert.ThrowsAsync<TwiBackupException>(() => DrainAsync(backup));
        Assert.Contains($"page checksums are wrong in {file}.", error.Message, StringComparison.Ordinal);
        Assert.Equal("XX001", Assert.IsType<PostgresErrorException>(error.InnerException).SqlState);
        Assert.NotEmpty(connection.Notices);
    }

    [Fact]
    public async Task Tablespaces_are_told_before_the_first_byte()
    {
        await using var postgres = await TestPostgres.StartAsync();
        var space = Path.Combine(Path.GetDirectoryName(postgres.DataDirectory)!, "space");
        Directory.CreateDirectory(space);
        TestEnvironment.Account.Chown(space);
        await postgres.ExecuteAsync("postgres", $"CREATE TABLESPACE elsewhere LOCATION '{space}'");
        await using var connection = await ReplicationConnection.ConnectAsync(postgres.Replicator, Cancel);
        var backup = await connection.StartBaseBackupAsync(new BaseBackupOptions("spaces"), Cancel);
        Assert.EndsWith(" " + space, Assert.Single(backup.Tablespaces), StringComparison.Ordinal);
        Assert.Equal(["N.tar", "base.tar"], (await DrainAsync(backup)).Select(name => char.IsAsciiDigit(name[0]) ? "N.tar" : name));
    }

    [Fact]
    public async Task A_cancelled_backup_ends_at_once_and_frees_its_walsender()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await postgres.ExecuteAsync("app", "CREATE TABLE filler AS SELECT i, repeat(md5(i::text), 20) AS text FROM generate_series(1, "
            + "40000) i");
        await using (var connection = await ReplicationConnection.ConnectAsync(postgres.Replicator, Cancel))
        {
            var backup = await connection.StartBaseBackupAsync(new BaseBackupOptions("cancelled"), Cancel);
            await backup.ReadAsync(Cancel);
            using var cancelled = new CancellationTokenSource();
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                while ((await backup.ReadAsync(cancelled.Token)).Kind != BaseBackupEventKind.End)
                {
                }
            });
        }
        await ReplicationConnectionTests.WaitForAsync(postgres, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = "
            + "'walsender'", "0");
    }

    [Fact]
    public async Task A_server_killed_while_it_sends_is_said()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await postgres.ExecuteAsync("app", "CREATE TABLE filler AS SELECT i, repeat(md5(i::text), 20) AS text FROM generate_series(1, "
            + "40000) i");
        await using var connection = await ReplicationConnection.ConnectAsync(postgres.Replicator, Cancel);
        var backup = await connection.StartBaseBackupAsync(new BaseBackupOptions("killed"), Cancel);
        await backup.ReadAsync(Cancel);
        postgres.Server.Kill();
        var error = await Assert.ThrowsAsync<TwiBackupException>(() => DrainAsync(backup));
        Assert.Contains("was lost", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Servers_before_15_get_their_own_syntax()
    {
        var options = new BaseBackupOptions("it's", FastCheckpoint: true, ManifestChecksums: "SHA256");
        Assert.Equal("BASE_BACKUP LABEL 'it''s' PROGRESS FAST NOWAIT TABLESPACE_MAP MANIFEST 'yes' MANIFEST_CHECKSUMS "
            + "'SHA256'", options.ToCommand(optionList: false));
        Assert.Throws<TwiBackupException>(() => (options with { ManifestChecksums = "MD5'" }).ToCommand(optionList: true));
    }

    private static async Task<(BaseBackupEvent Stop, long Bytes)> ReceiveAsync(BaseBackupStream backup, string folder)
    {
        FileStream? file = null;
        var bytes = 0L;
        while (true)
        {
            var part = await backup.ReadAsync(Cancel);
            switch (part.Kind)
            {
                case BaseBackupEventKind.ArchiveStart:
                    file = File.Create(Path.Combine(folder, Encoding.UTF8.GetString(part.Data.Span)));
                    break;
                case BaseBackupEventKind.ManifestStart:
                    bytes = file!.Length;
                    await file.DisposeAsync();
                    file = File.Create(Path.Combine(folder, "backup_manifest"));
                    break;
                case BaseBackupEventKind.End:
                    await file!.DisposeAsync();
                    return (part, bytes);
                default:
                    await file!.WriteAsync(part.Data, Cancel);
                    break;
            }
        }
    }

    private static async Task<List<string>> DrainAsync(BaseBackupStream backup)
    {
        var archives = new List<string>();
        while (await backup.ReadAsync(Cancel) is var part && part.Kind != BaseBackupEventKind.End)
        {
            if (part.Kind == BaseBackupEventKind.ArchiveStart)
                archives.Add(Encoding.UTF8.GetString(part.Data.Span));
        }
        return archives;
    }

    private static async Task<string> RunAsync(string program, params string[] arguments) =>
        (await ChildProcess.RunAsync(new ChildProcessOptions { Program = program, Arguments = arguments }, Cancel)).ThrowIfFailed(program,
            "").Output;
}
