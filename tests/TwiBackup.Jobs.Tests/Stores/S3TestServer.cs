using System.Diagnostics;

namespace TwiBackup.Tests.Stores;

/// <summary>
/// One real S3 server (radosgw) for the whole test run, started when the first test asks, stopped when this process ends, however.
/// <c>TWIBACKUP_TEST_S3=off</c> skips the tests that need it; a folder given there is one where <c>start-rgw</c> runs a server already.
/// </summary>
public sealed class S3TestServer
{
    private static readonly Lazy<Task<S3TestServer>> Started = new(StartAsync);

    private readonly Dictionary<string, string> _values;

    private S3TestServer(IEnumerable<string> lines) =>
        _values = lines.Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

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

    private static async Task<S3TestServer> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("TWIBACKUP_TEST_S3") is { Length: > 0 } running)
            return new S3TestServer(await File.ReadAllLinesAsync(Path.Combine(running, "env")));
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
        using var start = Process.Start(new ProcessStartInfo(Path.Combine(servers, "start-rgw"))
        {
            ArgumentList = { folder, "owner", "writer" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["RGW_STORE"] = "memstore" },
        })!;
        var output = start.StandardOutput.ReadToEndAsync();
        var errors = start.StandardError.ReadToEndAsync();
        await start.WaitForExitAsync();
        if (start.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"No S3 server for the tests (TWIBACKUP_TEST_S3=off skips them): {(await errors).ReplaceLineEndings(" ")}");
        }
        return new S3TestServer((await output).Split('\n', StringSplitOptions.RemoveEmptyEntries));
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
