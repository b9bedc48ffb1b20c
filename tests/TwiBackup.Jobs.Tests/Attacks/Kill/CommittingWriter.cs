using Npgsql;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>Commits all the time, through every crash.</summary>
internal sealed class CommittingWriter : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly Task writing;

    /// <param name="server">The server written to.</param>
    /// <param name="rows">Rows of a commit, of about 400 bytes of WAL each; there are up to a thousand commits a second.</param>
    public CommittingWriter(TestPostgres server, int rows = 300) => writing = Task.Run(() => WriteAsync(server, rows, stop.Token));

    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await writing;
    }

    public async ValueTask DisposeAsync()
    {
        if (!stop.IsCancellationRequested)
            await StopAsync();
        stop.Dispose();
    }

    private static async Task WriteAsync(TestPostgres server, int rows, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await server.ExecuteAsync("app", [.. Enumerable.Repeat($"insert into load select g, repeat(md5(g::text), 10) from generate_series(1, {rows}) g", 20)]);
                await Task.Delay(20, cancellationToken);
            }
            catch (Exception e) when (e is NpgsqlException or OperationCanceledException or InvalidOperationException)
            {
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }
}
