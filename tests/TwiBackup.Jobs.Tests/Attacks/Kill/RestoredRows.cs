using TwiBackup.Postgres;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>A restored cluster whose table <c>kept</c> in database <c>app</c> is known.</summary>
internal static class RestoredRows
{
    /// <summary>It starts, holds every row, and PostgreSQL finds nothing wrong with it.</summary>
    public static async Task CheckAsync(string directory, string rows)
    {
        await using var server = await LocalServer.StartAsync(
            directory, TestPostgres.Options(new Dictionary<string, string> { ["fsync"] = "off" }, null), CommandLine.Cancellation);
        await using var connection = await TestPostgres.OpenAsync(server.Connection with { Database = "app" });
        await using var command = new Npgsql.NpgsqlCommand("select count(*) from kept", connection);
        Assert.Equal(rows, $"{await command.ExecuteScalarAsync(CommandLine.Cancellation)}");
        var check = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = TestEnvironment.Installation.Tool("pg_amcheck"),
                Arguments = ["--all", "--heapallindexed", "--install-missing", "-h", server.Connection.Host, "-p", $"{server.Connection.Port}", "-U", "postgres"],
                Account = TestEnvironment.Account,
            },
            CommandLine.Cancellation);
        check.ThrowIfFailed("pg_amcheck", "");
    }
}
