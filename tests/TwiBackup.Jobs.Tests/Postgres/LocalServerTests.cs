using TwiBackup.Postgres;

namespace TwiBackup.Tests.Postgres;

public sealed class LocalServerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_started_answers_and_a_fast_stop_ends_it()
    {
        await using var postgres = await TestPostgres.StartAsync();
        Assert.Equal("on", await postgres.ScalarAsync("SHOW data_checksums"));
        Assert.Equal("t", await postgres.ScalarAsync("SELECT rolreplication::text FROM pg_roles WHERE rolname = "
            + "'replicator'") is "true" ? "t" : "f");
        await using (var app = await TestPostgres.OpenAsync(postgres.App))
            Assert.Equal("app", app.Database);
        Assert.True(await postgres.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(30), Cancel));
        Assert.Equal(0, await postgres.Server.WaitForExitAsync(Cancel));
    }

    [Fact]
    public async Task A_killed_server_leaves_no_process_and_starts_again_by_recovery()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await postgres.ExecuteAsync("app", "CREATE TABLE kept (id int)", "INSERT INTO kept SELECT generate_series(1, 1000)");
        var before = ServerProcesses.Find(postgres.DataDirectory, postgres.Server.ProcessId);
        Assert.True(before.Count >= 4, $"{before.Count} processes");
        Assert.Equal(postgres.Server.ProcessId, before[0]);

        postgres.Server.Kill();
        Assert.Equal(128 + 9, await postgres.Server.WaitForExitAsync(Cancel));
        foreach (var id in before.Skip(1))
            await WaitUntilGoneAsync(id);
        Assert.Empty(ServerProcesses.Find(postgres.DataDirectory, null));

        await postgres.StartAgainAsync();
        Assert.Equal("1000", await postgres.ScalarAsync("SELECT count(*) FROM kept", "app"));
        Assert.Contains("was not properly shut down", postgres.Server.LastLogLines(50), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_was_killed_leaves_no_shared_memory_behind()
    {
        int id;
        await using (var postgres = await TestPostgres.StartAsync())
        {
            id = postgres.Server.ProcessId;
            Assert.Equal("mmap", await postgres.ScalarAsync("SHOW dynamic_shared_memory_type", "postgres"));
            Assert.Single(SharedMemory.MadeBy(id));
            postgres.Server.Kill();
            await postgres.Server.WaitForExitAsync(Cancel);
            Assert.Single(SharedMemory.MadeBy(id));
        }

        Assert.Empty(SharedMemory.MadeBy(id));
    }

    [Fact]
    public async Task A_server_that_cannot_start_quotes_its_log()
    {
        var error = await Assert.ThrowsAsync<TwiBackupException>(() => TestPostgres.StartAsync(("shared_buffers", "nonsense")));
        Assert.Contains("invalid value for parameter", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public async Task Two_servers_do_not_fit_one_data_directory()
    {
        await using var postgres = await TestPostgres.StartAsync();
        var options = TestPostgres.Options(new Dictionary<string, string>(), port: null);
        var error = await Assert.ThrowsAsync<TwiBackupException>(() => LocalServer.StartAsync(postgres.DataDirectory, options, Cancel));
        Assert.Contains("postmaster.pid", error.Message, StringComparison.Ordinal);
        Assert.False(postgres.Server.HasExited);
        Assert.Equal("1", await postgres.ScalarAsync("SELECT 1"));
    }

    [Fact]
    public async Task A_socket_path_past_the_limit_is_refused_before_anything_starts()
    {
        var options = TestPostgres.Options(new Dictionary<string, string>(),
            port: null) with { SocketDirectory = "/tmp/" + new string('x', 100) };
        var error = await Assert.ThrowsAsync<TwiBackupException>(() => LocalServer.StartAsync("/nonexistent", options, Cancel));
        Assert.Contains("107", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clusters_are_made_as_asked()
    {
        await using var postgres = await TestPostgres.StartAsync(new InitOptions { WalSegmentSizeMb = 1, Checksums = false });
        Assert.Equal("1MB", await postgres.ScalarAsync("SHOW wal_segment_size"));
        Assert.Equal("off", await postgres.ScalarAsync("SHOW data_checksums"));
        Assert.Equal("C.UTF-8", await postgres.ScalarAsync("SELECT datcollate FROM pg_database WHERE datname = 'app'"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(postgres.Superuser.Host));
    }

    private static async Task WaitUntilGoneAsync(int process)
    {
        while (File.Exists($"/proc/{process}/stat") && !(await ReadAsync(process)).Contains(") Z ", StringComparison.Ordinal))
            await Task.Delay(5, Cancel);
    }

    private static async Task<string> ReadAsync(int process)
    {
        try
        {
            return await File.ReadAllTextAsync($"/proc/{process}/stat", Cancel);
        }
        catch (IOException)
        {
            return ") Z ";
        }
    }
}
