using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace TwiBackup.Tests.Stores;

/// <summary>
/// One real S3 server (radosgw) for the whole test run, started when the first test asks, stopped when this process ends, however.
/// <c>TWIBACKUP_TEST_S3=off</c> skips the tests that need it; a folder given there is one where <c>start-rgw</c> runs a server already.
/// A test that kills its server starts one of its own.
/// </summary>
public sealed class S3TestServer : IAsyncDisposable
{
    /// <summary>Its processes, in the order in which they start.</summary>
    private static readonly (string Name, string Program, string Arguments)[] Processes =
        [("mon.a", "ceph-mon", "-i a"), ("osd.0", "ceph-osd", "-i 0"), ("client.rgw", "radosgw", "-n client.rgw")];

    private static readonly Lazy<Task<S3TestServer>> Started = new(StartAsync);

    private readonly Dictionary<string, string> _values;
    private readonly string _folder;
    private readonly ConcurrentBag<int> _killed = [];

    private S3TestServer(string folder, IEnumerable<string> lines)
    {
        _folder = folder;
        _values = lines.Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
    }

    public Uri Endpoint => new(_values["ENDPOINT"]);

    /// <summary>Skips the test when S3 is off; fails it in one line when the server cannot be had.</summary>
    public static Task<S3TestServer> GetAsync()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("TWIBACKUP_TEST_S3") == "off", "TWIBACKUP_TEST_S3=off");
        return Started.Value;
    }

    /// <summary>The credentials of a user of the server, as a store's environment. There are <c>owner</c> and <c>writer</c>.</summary>
    public Dictionary<string, string> EnvironmentOf(string user) => new()
    {
        ["AWS_ACCESS_KEY_ID"] = _values[$"{user.ToUpperInvariant()}_ACCESS_KEY"],
        ["AWS_SECRET_ACCESS_KEY"] = _values[$"{user.ToUpperInvariant()}_SECRET_KEY"],
    };

    /// <summary>Another server, which is the test's own.</summary>
    /// <param name="onDisk">Whether what it holds outlives all of its processes; else that of radosgw only.</param>
    /// <param name="day">How many seconds a day of its lifecycle lasts; null: a day.</param>
    public static async Task<S3TestServer> StartOwnAsync(bool onDisk, int? day = null)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("TWIBACKUP_TEST_S3") == "off", "TWIBACKUP_TEST_S3=off");
        return await StartAsync(onDisk ? "bluestore" : "memstore", day);
    }

    /// <summary>SIGKILL to radosgw, or to all that the store consists of.</summary>
    public void Kill(bool all = false)
    {
        foreach (var (name, program, _) in Processes.Reverse())
        {
            if (!(all || name == "client.rgw") || IdOf(name, program) is not { } id)
                continue;
            _killed.Add(id);
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
    }

    /// <summary>Starts what was killed, on the same data and port; returns when it answers.</summary>
    public async Task StartAgainAsync()
    {
        foreach (var (name, program, arguments) in Processes)
        {
            // Until its last thread has gone it holds its port and files.
            while (IdOf(name, program) is { } id && _killed.Contains(id))
                await Task.Delay(5);
            if (IdOf(name, program) is not null)
                continue;
            using var start = Process.Start(new ProcessStartInfo(program, arguments)
            {
                Environment = { ["CEPH_CONF"] = Path.Combine(_folder, "ceph.conf") },
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            await start.WaitForExitAsync();
        }

        var clock = Stopwatch.StartNew();
        while (!await IsListeningAsync())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), $"radosgw does not listen on {Endpoint} again.");
            await Task.Delay(10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var stop = Process.Start(Path.Combine(FindScripts(), "stop-rgw"), [_folder]);
        await stop.WaitForExitAsync();
    }

    private static async Task<S3TestServer> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("TWIBACKUP_TEST_S3") is { Length: > 0 } running)
            return new S3TestServer(running, await File.ReadAllLinesAsync(Path.Combine(running, "env")));
        return await StartAsync("memstore");
    }

    private static async Task<S3TestServer> StartAsync(string store, int? day = null)
    {
        var servers = FindScripts();
        var folder = Directory.CreateTempSubdirectory("twibackup-rgw-").FullName;
        // A watch that outlives us: also a killed test run leaves no server behind.
        using var watch = Process.Start(new ProcessStartInfo("setsid")
        {
            ArgumentList =
            {
                "bash", "-c", "exec >/dev/null 2>&1 </dev/null; tail --pid=\"$1\" -f /dev/null; exec \"$2\" \"$3\"", "watch",
                Environment.ProcessId.ToString(), Path.Combine(servers, "stop-rgw"), folder,
            },
        })!;
        var how = new ProcessStartInfo(Path.Combine(servers, "start-rgw"))
        {
            ArgumentList = { folder, "owner", "writer" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["RGW_STORE"] = store },
        };
        if (day is not null)
            how.Environment["RGW_LC_DAY"] = $"{day}";
        using var start = Process.Start(how)!;
        var output = start.StandardOutput.ReadToEndAsync();
        var errors = start.StandardError.ReadToEndAsync();
        await start.WaitForExitAsync();
        if (start.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"No S3 server for the tests (TWIBACKUP_TEST_S3=off skips them): {(await errors).ReplaceLineEndings(" ")}");
        }
        return new S3TestServer(folder, (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The process of our folder, by its environment: a number can be another's by now. Null: it has ended.</summary>
    private int? IdOf(string name, string program)
    {
        try
        {
            var id = int.Parse(File.ReadAllText(Path.Combine(_folder, $"{name}.pid")), CultureInfo.InvariantCulture);
            return File.ReadAllText($"/proc/{id}/comm").StartsWith(program, StringComparison.Ordinal)
                && File.ReadAllText($"/proc/{id}/environ").Split('\0').Contains($"CEPH_CONF={Path.Combine(_folder, "ceph.conf")}", StringComparer.Ordinal)
                ? id
                : null;
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return null;
        }
    }

    private async Task<bool> IsListeningAsync()
    {
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(Endpoint.Host, Endpoint.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string FindScripts()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var scripts = Path.Combine(folder, "tests", "servers");
            if (File.Exists(Path.Combine(scripts, "start-rgw")))
                return scripts;
        }
        throw new InvalidOperationException($"tests/servers/start-rgw is not found above {AppContext.BaseDirectory}.");
    }
}
