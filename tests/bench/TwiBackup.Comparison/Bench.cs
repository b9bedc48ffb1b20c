using System.Diagnostics;
using System.Globalization;
using TwiBackup.Comparison.Peers;
using TwiBackup.Postgres;
using TwiBackup.Sealing;

namespace TwiBackup.Comparison;

/// <summary>
/// Where the measuring happens: a folder of its own, in which everything belongs to the account that servers and programs run as, and is
/// gone at the end.
/// </summary>
internal sealed class Bench : IAsyncDisposable
{
    private static readonly long _began = Stopwatch.GetTimestamp();

    private int _restores;

    private Bench(BenchOptions options, PostgresInstallation installation, ServerAccount account, string folder)
    {
        (Options, Installation, Account, Folder) = (options, installation, account, folder);
        Executable = Path.Combine(folder, "twibackup");
    }

    public BenchOptions Options { get; }

    public PostgresInstallation Installation { get; }

    /// <summary>Servers, ours and peers all run as this one.</summary>
    public ServerAccount Account { get; }

    public string Folder { get; }

    /// <summary>A copy of the program that the account can reach.</summary>
    public string Executable { get; }

    /// <summary>The newest folder that was restored into.</summary>
    public string Restored { get; private set; } = "";

    /// <summary>The keys that everything is sealed and signed with.</summary>
    public GeneratedKeys Keys { get; private set; } = null!;

    /// <summary>The server with the large database; started and filled before the first row.</summary>
    public BenchServer Large { get; private set; } = null!;

    /// <summary>Ours, on the large database, with a store in a folder.</summary>
    public OurProgram Ours { get; private set; } = null!;

    /// <summary>pgBackRest on the large database; null when it is not installed.</summary>
    public PgBackRest? PgBackRest { get; private set; }

    public static async Task<Bench> OpenAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "");
        var installation = PostgresInstallation.Find(null, environment);
        var account = ServerAccount.Resolve(environment);
        var folder = Path.Combine(options.Folder, string.Create(CultureInfo.InvariantCulture, $"twibackup-bench-{Environment.ProcessId}"));
        Directory.CreateDirectory(folder);
        account.Chown(folder);
        var bench = new Bench(options, installation, account, folder);
        try
        {
            File.Copy(options.Executable, bench.Executable);
            bench.Keys = await KeyFiles.GenerateAsync(Path.Combine(folder, "keys"), TimeProvider.System, cancellationToken);
            account.ChownTree(Path.Combine(folder, "keys"));
            return bench;
        }
        catch
        {
            await bench.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts and fills the large database.</summary>
    public async Task FillAsync(CancellationToken cancellationToken)
    {
        Large = await BenchServer.StartAsync(this, "large", cancellationToken);
        await Filling.FillAsync(Large, Options.Size, cancellationToken);
        Ours = await OurProgram.CreateAsync(this, Large, "ours", cancellationToken);
        PgBackRest = await PgBackRest.CreateAsync(this, Large, "large", cancellationToken);
    }

    /// <summary>A new, empty folder that belongs to the account.</summary>
    public string NewFolder(string name)
    {
        var folder = Path.Combine(Folder, name);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Account.Chown(folder);
        return folder;
    }

    /// <summary>
    /// A new folder to restore into. Those before stay until the end: ext4 passes over inodes that were freed in the last minutes one by
    /// one, and whoever restores 20,000 files into a file system where as many were just deleted measures that.
    /// </summary>
    public string NewRestored() => Restored = NewFolder(string.Create(CultureInfo.InvariantCulture, $"restored-{++_restores}"));

    /// <summary>Says where we are, on standard error.</summary>
    public static void Say(string line) =>
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{Stopwatch.GetElapsedTime(_began).TotalSeconds,5:0} s] {line}"));

    public async ValueTask DisposeAsync()
    {
        if (Large is not null)
            await Large.DisposeAsync();
        if (Options.Keep)
            Say($"Everything is left in {Folder}.");
        else
            Directory.Delete(Folder, recursive: true);
    }
}
