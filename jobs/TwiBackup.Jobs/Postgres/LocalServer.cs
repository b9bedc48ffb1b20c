using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TwiBackup.Postgres;

/// <summary>
/// A PostgreSQL server that is a child of ours, in a session of its own, under <see cref="ServerAccount"/>.
/// Disposing kills it (SIGKILL, no shutdown) and removes what was temporary; the data directory stays. It does not outlive us, however we
/// end: a server that a killed job left running would hold memory for ever, and write over what the next one restores in its place.
/// </summary>
public sealed class LocalServer : IAsyncDisposable
{
    private const int _socketPathLimit = 107;
    private const int _quotedLines = 3;

    // $0 the log, $1 the data directory, the rest the server. A watcher, no child of the server's, reads the pipe that is our end of its
    // standard input: when that ends, so have we, and the server is told to end at once (SIGQUIT). Only a process whose working directory is
    // the data directory is it; another may have got its number. The shell replaces itself: the child stays the postmaster.
    private const string _launch = """
        umask 077
        exec 3<&0
        ( (
            exec >/dev/null 2>&1
            cd /
            read -r _
            tries=0
            while [ -d /proc/$$ ] && [ $tries -lt 50 ]; do
                [ /proc/$$/cwd -ef "$1" ] && kill -QUIT $$ && break
                sleep 0.1
                tries=$((tries + 1))
            done
        ) <&3 & )
        shift
        exec "$@" >>"$0" 2>&1 </dev/null 3<&-
        """;

    private readonly Process _process;
    private readonly LocalServerOptions _options;
    private readonly string? _temporary;

    private LocalServer(Process process, string dataDirectory, LocalServerOptions options, string? temporary)
    {
        _process = process;
        _options = options;
        _temporary = temporary;
        ProcessId = process.Id;
        DataDirectory = dataDirectory;
    }

    public string DataDirectory { get; }

    /// <summary>The postmaster's.</summary>
    public int ProcessId { get; }

    public int Port => _options.Port!.Value;

    public string LogFile => _options.LogFile!;

    public bool HasExited => _process.HasExited;

    /// <summary>The superuser on the Unix socket, database <c>postgres</c>.</summary>
    public ConnectionSettings Connection => new()
    {
        Host = _options.SocketDirectory!,
        Port = Port,
        User = _options.Superuser,
        SslMode = "disable",
        ChannelBinding = "disable",
    };

    /// <summary>
    /// Makes a new cluster with <c>initdb</c>, without syncing it to the disk. <paramref name="dataDirectory"/> must be absent or empty;
    /// it gets mode 0700 and belongs to <paramref name="account"/>, who must be able to reach it.
    /// </summary>
    public static async Task InitAsync(
        PostgresInstallation installation, ServerAccount account, string dataDirectory, InitOptions options,
        CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(dataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        account.Chown(dataDirectory);
        List<string> arguments =
        [
            "-D", dataDirectory, "-U", options.Superuser, "-E", "UTF8", $"--locale={options.Locale}", "--auth-local=trust",
            $"--auth-host={(options.Password is null && options.AuthHost != "trust" ? "reject" : options.AuthHost)}",
            string.Create(CultureInfo.InvariantCulture, $"--wal-segsize={options.WalSegmentSizeMb}"), "--no-sync", "--no-instructions",
        ];
        if (options.Checksums)
            arguments.Add("--data-checksums");
        else if (installation.Major >= 18)
            arguments.Add("--no-data-checksums");
        using var password = options.Password is null ? null : new SecretFile(options.Password + "\n", account);
        if (password is not null)
            arguments.Add($"--pwfile={password.Path}");
        var result = await ChildProcess.RunAsync(
            new ChildProcessOptions { Program = installation.Tool("initdb"), Arguments = arguments, Account = account }, cancellationToken);
        result.ThrowIfFailed($"initdb of {dataDirectory}", $"Is the folder empty, and can {account.Name} reach it?");
    }

    /// <summary>
    /// Starts a server and waits until it accepts connections (or, with hot_standby off, until it recovers). Throws one line that quotes
    /// its log when it ends before.
    /// </summary>
    public static async Task<LocalServer> StartAsync(string dataDirectory, LocalServerOptions options, CancellationToken cancellationToken)
    {
        var temporary = options.SocketDirectory is null ? options.Account.CreatePrivateDirectory("twi-") : null;
        var resolved = options with
        {
            SocketDirectory = options.SocketDirectory ?? temporary!,
            Port = options.Port ?? FreePort(),
            LogFile = options.LogFile ?? Path.Combine(options.SocketDirectory ?? temporary!, "server.log"),
        };
        var socket = Path.Combine(resolved.SocketDirectory!, $".s.PGSQL.{resolved.Port}");
        if (Encoding.UTF8.GetByteCount(socket) > _socketPathLimit)
            throw new TwiBackupException($"The Unix socket {socket} is longer than {_socketPathLimit} bytes. Name a shorter folder.");

        // Left behind by a server that was killed: read as the new server's state it would be wrong.
        var stale = Path.Combine(dataDirectory, "postmaster.pid");
        var before = File.Exists(stale) ? await File.ReadAllLinesAsync(stale, cancellationToken) : [];
        var process = ChildProcess.StartProcess(Launch(dataDirectory, resolved), capture: false, holdInput: true);
        var server = new LocalServer(process, Path.GetFullPath(dataDirectory), resolved, temporary);
        try
        {
            await server.WaitUntilReadyAsync(before, cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks the server to end and waits. False when it still runs after <paramref name="timeout"/>.</summary>
    public async Task<bool> StopAsync(StopMode mode, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ServerProcesses.Signal(ProcessId, mode switch
        {
            StopMode.Smart => ServerProcesses.Terminate,
            StopMode.Fast => ServerProcesses.Interrupt,
            _ => ServerProcesses.Quit,
        });
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>SIGHUP: reads pg_hba.conf and postgresql.conf again.</summary>
    public void Reload() => ServerProcesses.Signal(ProcessId, 1);

    /// <summary>SIGKILL to the postmaster and all its children at once, as a machine that loses power: nothing is flushed, nothing said to
    /// clients.</summary>
    public void Kill()
    {
        // Once it has ended another server may hold the folder, whose processes are not ours.
        var owned = HoldsDataDirectory() ? DataDirectory : null;
        foreach (var id in ServerProcesses.Find(owned, _process.HasExited ? null : ProcessId))
            ServerProcesses.Signal(id, ServerProcesses.Kill);
        // What was being born during the first look.
        foreach (var id in ServerProcesses.Find(owned, null))
            ServerProcesses.Signal(id, ServerProcesses.Kill);
        if (!_process.HasExited)
            _process.Kill();
    }

    /// <summary>Waits until the server has ended; its exit code.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>The log's last lines, oldest first.</summary>
    public string LastLogLines(int count)
    {
        if (!File.Exists(LogFile))
            return "";
        using var file = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Seek(-Math.Min(file.Length, 64 * 1024), SeekOrigin.End);
        using var reader = new StreamReader(file);
        return string.Join('\n', reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(count));
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        SharedMemory.RemoveLeftBy(ProcessId);
        _process.Dispose();
        if (_temporary is not null && Directory.Exists(_temporary))
            Directory.Delete(_temporary, recursive: true);
    }

    /// <summary>A TCP port that nobody uses at this moment.</summary>
    public static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private static ChildProcessOptions Launch(string dataDirectory, LocalServerOptions options)
    {
        List<string> arguments =
        [
            "-c", _launch, options.LogFile!, dataDirectory,
            options.Installation.Tool("postgres"), "-D", dataDirectory,
            "-p", options.Port!.Value.ToString(CultureInfo.InvariantCulture), "-k", options.SocketDirectory!, "-h", options.ListenAddresses,
            "-c", "logging_collector=off", "-c", "log_destination=stderr",
            // In the data directory, and so gone with it: by default a server that is killed leaves a MiB of the machine's memory behind.
            "-c", "dynamic_shared_memory_type=mmap",
        ];
        if (options.HbaFile is not null)
            arguments.AddRange(["-c", $"hba_file={options.HbaFile}"]);
        foreach (var (name, value) in options.Settings)
            arguments.AddRange(["-c", $"{name}={value}"]);
        return new ChildProcessOptions { Program = "/bin/sh", Arguments = arguments, Account = options.Account, OwnSession = true };
    }

    // postmaster.pid: line 1 the process id, line 8 the state (pg_ctl reads it the same way).
    private async Task WaitUntilReadyAsync(string[] before, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var pause = 5;
        while (true)
        {
            if (_process.HasExited)
                throw NotStarted($"ended with exit code {_process.ExitCode}");
            var lines = await ReadStateAsync(cancellationToken);
            if (lines.Length >= 8 && !lines.SequenceEqual(before) && lines[0].Trim() == ProcessId.ToString(CultureInfo.InvariantCulture)
                && lines[7].Trim() is "ready" or "standby")
                return;
            if (_options.StartTimeout >= TimeSpan.Zero && clock.Elapsed > _options.StartTimeout)
                throw NotStarted($"does not accept connections after {_options.StartTimeout.TotalSeconds:0} s");
            await Task.Delay(pause, cancellationToken);
            pause = Math.Min(pause * 2, 50);
        }
    }

    private async Task<string[]> ReadStateAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllLinesAsync(Path.Combine(DataDirectory, "postmaster.pid"), cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    private bool HoldsDataDirectory()
    {
        try
        {
            using var lines = File.OpenText(Path.Combine(DataDirectory, "postmaster.pid"));
            return lines.ReadLine()?.Trim() == ProcessId.ToString(CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private TwiBackupException NotStarted(string how)
    {
        var said = LastLogLines(_quotedLines).Replace('\n', '|');
        return new TwiBackupException($"The PostgreSQL server on {DataDirectory} {how}. Its log ends: "
            + $"{(said.Length == 0 ? "(nothing)" : said)}");
    }
}
