using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Database.Dumps;

/// <summary>
/// Gives databases that were restored beside their names, all in one transaction: killed at any moment, every database has the name that
/// it had, or the one that it gets. What had a name is renamed, not dropped.
/// </summary>
/// <param name="server">To a database that is not renamed.</param>
/// <param name="connection">The same, for a second session.</param>
/// <param name="disconnect">Whether sessions of what is renamed are ended.</param>
internal sealed class DatabaseSwap(NpgsqlConnection server, ConnectionSettings connection, bool disconnect)
{
    /// <summary>Renames.</summary>
    /// <param name="steps">For each database its temporary name, the name it gets, and the name for what has that; null: nothing has.</param>
    /// <param name="cancellationToken">Gives up; every database has the name that it had.</param>
    public async Task RunAsync(IReadOnlyList<(string From, string To, string? Aside)> steps, CancellationToken cancellationToken)
    {
        await using var transaction = await server.BeginTransactionAsync(cancellationToken);
        foreach (var (from, to, aside) in steps)
        {
            if (aside is not null)
                await RenameAsync(to, aside, disconnect, cancellationToken);
            await RenameAsync(from, to, disconnect: false, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>
    /// The server locks the name, so that whoever connects waits, and gives those who are connected five seconds to go.
    /// </summary>
    private async Task RenameAsync(string from, string to, bool disconnect, CancellationToken cancellationToken)
    {
        try
        {
            var renaming = server.RunAsync($"alter database {Sql.Name(from)} rename to {Sql.Name(to)}", cancellationToken);
            if (disconnect)
            {
                try
                {
                    await using var second = await QueryConnection.OpenAsync(connection, cancellationToken);
                    await DatabaseSessions.EndWhileAsync(renaming, second, from, cancellationToken);
                }
                finally
                {
                    await ((Task)renaming).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }

            await renaming;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectInUse)
        {
            await using var second = await QueryConnection.OpenAsync(connection, cancellationToken);
            var who = await DatabaseSessions.DescribeAsync(second, from, cancellationToken) ?? e.Detail ?? "they have gone by now";
            throw new TwiBackupException($"Database {from} could not be renamed because of its sessions: {who}. End them, or add --disconnect.", e);
        }
    }
}
