using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Database;

/// <summary>Asks a restored server.</summary>
internal static class Restored
{
    public static async Task<string> AskAsync(this RestoredServer server, string query, string database = "app")
    {
        await using var connection = await TestPostgres.OpenAsync(server.Connection with { Database = database });
        await using var command = new Npgsql.NpgsqlCommand(query, connection);
        return Convert.ToString(await command.ExecuteScalarAsync(BackedUpServer.Cancellation), global::System.Globalization.CultureInfo.InvariantCulture)!;
    }

    /// <summary>PostgreSQL's own judgement of every table and index.</summary>
    public static async Task CheckAsync(this RestoredServer server)
    {
        var check = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = TestEnvironment.Installation.Tool("pg_amcheck"),
                Arguments =
                [
                    "--all", "--heapallindexed", "--install-missing", "-h", server.Connection.Host, "-p", $"{server.Connection.Port}", "-U", server.Connection.User,
                ],
                Account = TestEnvironment.Account,
            },
            BackedUpServer.Cancellation);
        check.ThrowIfFailed("pg_amcheck", "");
    }
}
