using System.Diagnostics;
using TwiBackup.Comparison.Measure;

namespace TwiBackup.Comparison.Peers;

/// <summary>pgBackRest on one server: zstd level 3, AES-256-CBC, two processes, a repository in a folder.</summary>
internal sealed class PgBackRest
{
    private const string Program = "/usr/bin/pgbackrest";

    private readonly Bench _bench;
    private readonly BenchServer _server;
    private readonly string _configuration;

    private PgBackRest(Bench bench, BenchServer server, string configuration, string repository) =>
        (_bench, _server, _configuration, Repository) = (bench, server, configuration, repository);

    public static bool IsThere => File.Exists(Program);

    public string Repository { get; }

    /// <summary>What archives the server's WAL.</summary>
    public string ArchiveCommand => $"{Program} --config={_configuration} --stanza={_server.Name} archive-push %p";

    /// <summary>Null, and that is said, when the program is not there.</summary>
    public static async Task<PgBackRest?> CreateAsync(
        Bench bench, BenchServer server, string name, CancellationToken cancellationToken, params string[] options)
    {
        if (!IsThere)
        {
            Bench.Say("pgBackRest is not installed: its side of the table stays empty");
            return null;
        }

        var folder = bench.NewFolder($"pgbackrest-{name}");
        foreach (var part in (string[])["repository", "log", "lock", "spool"])
            bench.NewFolder(Path.Combine($"pgbackrest-{name}", part));
        var configuration = Path.Combine(folder, "pgbackrest.conf");
        await File.WriteAllTextAsync(
            configuration,
            $"""
            [global]
            repo1-path={folder}/repository
            repo1-cipher-type=aes-256-cbc
            repo1-cipher-pass=a-pass-phrase-of-the-benchmark
            compress-type=zst
            compress-level=3
            process-max=2
            start-fast=y
            expire-auto=n
            repo1-retention-full=2
            log-path={folder}/log
            lock-path={folder}/lock
            spool-path={folder}/spool
            log-level-console=warn
            log-level-file=off
            {string.Join('\n', options)}
            [{server.Name}]
            pg1-path={server.DataDirectory}
            pg1-port={server.Connection.Port}
            pg1-socket-path={server.Connection.Host}

            """,
            cancellationToken);
        bench.Account.Chown(configuration);
        var made = new PgBackRest(bench, server, configuration, Path.Combine(folder, "repository"));
        await made.RunAsync("stanza-create", cancellationToken);
        return made;
    }

    /// <summary>Takes a full. The server archives to it only meanwhile.</summary>
    public async Task<Usage> BackUpAsync(CancellationToken cancellationToken)
    {
        await _server.ArchiveWithAsync(ArchiveCommand, cancellationToken);
        var usage = await BackUpArchivedAsync(cancellationToken);
        await _server.ArchiveWithAsync("/bin/true", cancellationToken);
        return usage;
    }

    /// <summary>Takes a full from a server that archives to it.</summary>
    public async Task<Usage> BackUpArchivedAsync(CancellationToken cancellationToken)
    {
        var before = Disk.BytesBelow(Repository);
        var usage = await _server.ChargeAsync(() => RunAsync("backup", cancellationToken, "--type=full"));
        return usage with { Stored = Disk.BytesBelow(Repository) - before };
    }

    /// <summary>Restores, starts the server, and waits until it has recovered and can be written to.</summary>
    public async Task<Usage> RestoreAsync(CancellationToken cancellationToken)
    {
        var directory = _bench.NewRestored();
        var watch = Stopwatch.StartNew();
        var usage = await RunAsync("restore", cancellationToken, $"--pg1-path={directory}", "--archive-mode=off");
        var opened = await BenchServer.OpenRestoredAsync(_bench, directory, cancellationToken);
        return usage with { Wall = watch.Elapsed.TotalSeconds, Cpu = usage.Cpu + opened };
    }

    private Task<Usage> RunAsync(string command, CancellationToken cancellationToken, params string[] arguments) => TimedProcess.RunAsync(
        _bench.Folder, _bench.Account, Program, [$"--config={_configuration}", $"--stanza={_server.Name}", .. arguments, command], null, cancellationToken);
}
