using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Reports;
using TwiBackup.Tests.Scheduling;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Commands;

/// <summary>
/// <c>report</c> and <c>serve</c> as they are typed, with public keys only. ./test names the native executable in TWIBACKUP_NATIVE: the web
/// server and the serialisation are what could break there alone.
/// </summary>
public sealed class ReportCommandTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("twi-report-").FullName;
    private readonly TestStore store = TestStores.NewFileStore();
    private readonly KeyRing keys = SampleSets.NewKeys();
    private string policy = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Executable =>
        Environment.GetEnvironmentVariable("TWIBACKUP_NATIVE") is { Length: > 0 } native ? native : Path.Combine(AppContext.BaseDirectory, "twibackup");

    public async ValueTask InitializeAsync()
    {
        policy = Path.Combine(folder, "twibackup.json");
        var text = TestPolicy.Text(
            stores: $$"""{ "primary": "{{store.Url}}" }""",
            keys: $$"""{ "recipients": ["{{TestPolicy.Recipient}}"], "trusted": ["{{keys.Signer!.Public}}"] }""");
        await File.WriteAllTextAsync(policy, text, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_page_and_the_JSON_are_written_and_end_as_status_does()
    {
        var file = Path.Combine(folder, "page.html");
        var empty = await RunAsync("report", "--out", file);
        Assert.True(empty.ExitCode == 3, empty.ErrorOutput);
        Assert.StartsWith("If everything were lost now, the database could not be recovered; 2 of 3 promises are broken (full, wal). See ", empty.Output, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        var set = await PlantAsync();
        // Who made the page readable for others keeps it so.
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        var good = await RunAsync("report", "--out", file);
        Assert.True(good.ExitCode == 0, good.ErrorOutput);
        Assert.True(File.GetUnixFileMode(file).HasFlag(UnixFileMode.OtherRead));
        var page = PageReader.Read(await File.ReadAllTextAsync(file, Cancellation));
        var json = await RunAsync("report", "--json");
        using var document = JsonDocument.Parse(json.Output);
        Assert.Equal(0, json.ExitCode);
        Assert.Equal(set.Id, document.RootElement.GetProperty("history").GetProperty("sets")[0].GetProperty("id").GetString());
        Assert.Equal(set.Id, page.Rows("#sets-full table")[0]["Set"]);
        Assert.EndsWith("; every promise is kept.", page.QuerySelector("#sentence")!.Words(), StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(folder, "page*"));

        var piped = await RunAsync("report", "--out", "-");
        Assert.EndsWith("; every promise is kept.", PageReader.Read(piped.Output).QuerySelector("#sentence")!.Words(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_served_until_it_is_told_to_stop()
    {
        await PlantAsync();
        using var serve = Process.Start(new ProcessStartInfo(Executable)
        {
            ArgumentList = { "serve", "--listen", "localhost:0", "--policy", policy },
            RedirectStandardOutput = true,
            // What a host's other web programs are told must not open this one.
            Environment = { ["ASPNETCORE_URLS"] = "http://0.0.0.0:8099", ["URLS"] = "http://0.0.0.0:8099" },
        })!;
        try
        {
            var line = await serve.StandardOutput.ReadLineAsync(Cancellation);
            Assert.StartsWith("twi at http://127.0.0.1:", line, StringComparison.Ordinal);
            var address = new Uri(line!.Split(' ')[2].TrimEnd(','));
            using var http = new HttpClient { BaseAddress = address };
            Assert.EndsWith("; every promise is kept.", PageReader.Read(await http.GetStringAsync("/", Cancellation)).QuerySelector("#sentence")!.Words(), StringComparison.Ordinal);
            using var json = JsonDocument.Parse(await http.GetStringAsync("/report.json", Cancellation));
            Assert.Equal("Good", json.RootElement.GetProperty("summary").GetProperty("state").GetString());
            Assert.StartsWith("OK twi: recoverable to ", await http.GetStringAsync("/health", Cancellation), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/else", Cancellation)).StatusCode);
            await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync("http://127.0.0.1:8099/", Cancellation));

            Assert.Equal(0, Kill(serve.Id, 15));
            await serve.WaitForExitAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
            Assert.Equal(0, serve.ExitCode);
        }
        finally
        {
            if (!serve.HasExited)
                serve.Kill();
        }
    }

    [Theory]
    [InlineData("serve", "--listen", "0.0.0.0:8420")]
    [InlineData("serve", "--listen", "[::]:8420")]
    [InlineData("serve", "--listen", "example.org:8420")]
    [InlineData("serve", "--listen", "127.0.0.1")]
    [InlineData("serve", "--listen", "127.0.0.1:99999")]
    [InlineData("report", "--nonsense")]
    public async Task What_would_open_it_to_others_or_means_nothing_is_refused_in_one_line(params string[] arguments)
    {
        var refused = await RunAsync(arguments);
        Assert.Equal(2, refused.ExitCode);
        Assert.Single(refused.ErrorOutput.Trim().Split('\n'));
    }

    [Fact]
    public async Task A_page_that_can_not_be_written_is_said_in_one_line()
    {
        var refused = await RunAsync("report", "--out", "/nowhere/page.html");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("The page can't be written to /nowhere/page.html: ", Assert.Single(refused.ErrorOutput.Trim().Split('\n')), StringComparison.Ordinal);
    }

    /// <summary>A full of just now, with WAL behind it.</summary>
    private async Task<BackupSet> PlantAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        var layout = new WalLayout(SampleSets.System, 15, 7000000000000000001);
        await store.Store.TryPutBytesAsync(layout.ClusterFacts(1 << 20), new byte[10], Cancellation);
        await store.Store.TryPutBytesAsync(layout.Segment(new WalSegment(1, 0x10, 1 << 20).Name, new string('a', 32)), new byte[100], Cancellation);
        return await SampleSets.PlantAsync(
            store.Store, keys, SetKind.Full,
            SampleSets.Manifest(SetKind.Full, SampleSets.Id(now), now.AddDays(30), SampleSets.Facts(1, 0x1000000, 0x1000100, now)) with { StartedAt = now, CompletedAt = now },
            "base.0000.tar.zst.age");
    }

    private Task<ChildResult> RunAsync(params string[] arguments) => ChildProcess.RunAsync(
        new ChildProcessOptions { Program = Executable, Arguments = [.. arguments, "--policy", policy] }, Cancellation);

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int pid, int signal);
}
