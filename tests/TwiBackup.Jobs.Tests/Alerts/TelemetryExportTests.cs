using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Tests.Scheduling;
using TwiBackup.Tests.Sealing;

namespace TwiBackup.Tests.Alerts;

/// <summary>Metrics and traces over OTLP, from the program itself to a real listener.</summary>
public sealed class TelemetryExportTests : IDisposable
{
    private readonly TempFolder folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Executable =>
        Environment.GetEnvironmentVariable("TWIBACKUP_NATIVE") is { Length: > 0 } native ? native : Path.Combine(AppContext.BaseDirectory, "twibackup");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_job_sends_its_metrics_and_its_trace_when_a_collector_is_named()
    {
        await using var collector = new Listener();
        var prune = await RunAsync($"http://127.0.0.1:{collector.Port}");
        Assert.True(prune.ExitCode == 0, prune.ErrorOutput);
        var sent = new Dictionary<string, string>();
        while (collector.Left > 0)
        {
            var (path, body) = await collector.NextAsync();
            sent[path] = sent.GetValueOrDefault(path) + body;
        }

        Assert.Equal(["/v1/metrics", "/v1/traces"], sent.Keys.Order());
        Assert.Contains("twibackup.job.runs", sent["/v1/metrics"], StringComparison.Ordinal);
        Assert.Contains("twibackup.job.duration", sent["/v1/metrics"], StringComparison.Ordinal);
        Assert.Contains("service.name", sent["/v1/traces"], StringComparison.Ordinal);
        Assert.Contains("prune", sent["/v1/traces"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collector_that_hangs_or_is_gone_fails_nothing_and_holds_up_little()
    {
        await using var collector = new Listener();
        for (var i = 0; i < 20; i++)
            collector.Answer(0);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(0, (await RunAsync($"http://127.0.0.1:{collector.Port}")).ExitCode);
        Assert.Equal(0, (await RunAsync("http://127.0.0.1:1")).ExitCode);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 40);
    }

    private async Task<ChildResult> RunAsync(string endpoint)
    {
        Directory.CreateDirectory(folder.File("store"));
        if (!File.Exists(folder.File("p.json")))
        {
            var keys = await KeyFiles.GenerateAsync(folder.File("keys"), TimeProvider.System, Cancellation);
            folder.Write("p.json", TestPolicy.Text(
                stores: $$"""{ "primary": "file://{{folder.File("store")}}" }""",
                keys: $$"""{ "recipients": ["{{keys.Recipient}}"], "trusted": ["{{keys.SigningPublic}}"] }"""));
        }

        return await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = Executable,
                Arguments = ["prune", "--policy", folder.File("p.json")],
                Environment = new Dictionary<string, string?>
                {
                    ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint,
                    ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                    ["TWIBACKUP_STATE"] = folder.File("state"),
                },
            },
            Cancellation);
    }
}
