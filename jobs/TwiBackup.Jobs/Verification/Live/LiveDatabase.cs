using System.Data;
using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Verification.Live;

/// <summary>
/// A connection that is opened when it is first needed and shared by those who ask one after the other. It waits long for no lock. That it
/// can't be opened is found out once, and told to each.
/// </summary>
/// <param name="settings">Finds out how it is reached; asked once.</param>
internal sealed class LiveDatabase(Func<ConnectionSettings> settings) : IAsyncDisposable
{
    private const string Manners = "set lock_timeout = '30s'";
    private NpgsqlConnection? connection;
    private TwiBackupException? failure;
    private ConnectionSettings? found;

    /// <summary>How it is reached.</summary>
    public ConnectionSettings Settings => found ??= settings();

    /// <summary>The open connection.</summary>
    /// <exception cref="TwiBackupException">It can't be opened.</exception>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (failure is not null)
            throw failure;
        if (connection is { FullState: ConnectionState.Open })
            return connection;
        try
        {
            await DisposeAsync();
            connection = await QueryConnection.OpenAsync(Settings, cancellationToken);
            await connection.RunAsync(Manners, cancellationToken);
            return connection;
        }
        catch (TwiBackupException e)
        {
            failure = e;
            throw;
        }
    }

    /// <summary>Runs something in a transaction that is undone, whatever comes.</summary>
    public async Task<T> UndoneAsync<T>(
        bool readOnly, Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        var open = await OpenAsync(cancellationToken);
        await using var transaction = await open.BeginTransactionAsync(cancellationToken);
        if (readOnly)
            await open.RunAsync("set transaction read only", cancellationToken);
        // Not committed, so disposing rolls it back.
        return await work(open);
    }

    public async ValueTask DisposeAsync()
    {
        if (connection is not null)
            await connection.DisposeAsync();
        connection = null;
    }
}
