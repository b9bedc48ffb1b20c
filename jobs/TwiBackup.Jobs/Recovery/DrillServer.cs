using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;

namespace TwiBackup.Recovery;

/// <summary>
/// The recovered database of a drill: on a private socket, where no client finds it, and with nothing of its owner's configuration that
/// would reach out of the machine. Disposing ends it; its data directory stays.
/// </summary>
internal sealed class DrillServer : IAsyncDisposable
{
    private const string HbaName = "twibackup.drill.hba";
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private LocalServer? server;

    /// <summary>A superuser's connection; throws when it does not run.</summary>
    public ConnectionSettings Connection => server?.Connection ?? throw new TwiBackupException("The drill's database does not run. Begin the drill anew.");

    /// <summary>Starts it, once.</summary>
    public async Task<string> StartAsync(RecoveredDatabase database, SetCatalog catalog, CancellationToken cancellationToken)
    {
        if (server is not null)
            return "";
        var superuser = (await catalog.ReadAsync(SetKind.Full, database.SetId, cancellationToken)).Manifest.Database!.Superuser;
        var hba = Path.Combine(database.DataDirectory, HbaName);
        await File.WriteAllTextAsync(hba, "local all all trust\n", cancellationToken);
        database.Account.Chown(hba);
        server = await LocalServer.StartAsync(
            database.DataDirectory,
            new LocalServerOptions
            {
                Installation = database.Installation,
                Account = database.Account,
                Settings = RecoverySettings.Private(database.Installation.Major * 10000, hba, RecoveryTarget.Latest, keepLibraries: false),
                HbaFile = hba,
                Superuser = superuser,
            },
            cancellationToken);
        return "It runs on a private socket, where no client finds it.";
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not { } running)
            return;
        server = null;
        await running.StopAsync(StopMode.Fast, StopPatience, CancellationToken.None);
        await running.DisposeAsync();
    }
}
