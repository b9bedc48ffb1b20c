using System.Net;
using TwiBackup.Policy;
using TwiBackup.Reports;
using TwiBackup.Reports.Live;

namespace TwiBackup.Tests.Reports.Live;

/// <summary>What is answered to whom.</summary>
public sealed class ReportServerTests : IAsyncLifetime
{
    private readonly HttpClient http = new();
    private readonly CancellationTokenSource stopping = new();
    private Func<SystemReport> read = SampleReports.Good;
    private LiveReport live = null!;
    private ReportServer server = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        live = new LiveReport("twi-bot", _ => Task.FromResult(read()), TimeProvider.System, stopping.Token);
        server = await ReportServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), isForAll: false, live, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        live.Dispose();
        stopping.Dispose();
        http.Dispose();
    }

    [Fact]
    public async Task The_page_comes_with_a_policy_that_forbids_everything_else()
    {
        var answer = await GetAsync("/");
        Assert.Equal((HttpStatusCode.OK, "text/html; charset=utf-8"), (answer.StatusCode, answer.Content.Headers.ContentType!.ToString()));
        var page = PageReader.Read(await answer.Content.ReadAsStringAsync(Cancellation));
        var inPage = page.QuerySelector("meta[http-equiv='Content-Security-Policy']")!.GetAttribute("content");
        Assert.Equal(inPage + "; frame-ancestors 'none'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.False(answer.Headers.Contains("Server"));
        Assert.Single(page.QuerySelectorAll("script"));
    }

    [Fact]
    public async Task The_JSON_is_the_report()
    {
        var answer = await GetAsync("/report.json");
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(
            System.Text.Json.JsonSerializer.Serialize(SampleReports.Good(), ReportJson.Default.SystemReport), await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Theory]
    [InlineData("good", HttpStatusCode.OK, "OK twi-bot: recoverable to 2026-11-23T10:15:30Z (12 s ago)")]
    [InlineData("broken", HttpStatusCode.ServiceUnavailable, "MISSED twi-bot: full: ")]
    [InlineData("unreadable", HttpStatusCode.ServiceUnavailable, "UNKNOWN twi-bot: file:///x is gone")]
    public async Task Health_is_whether_every_promise_is_kept(string state, HttpStatusCode status, string line)
    {
        read = state switch
        {
            "good" => SampleReports.Good,
            "broken" => SampleReports.Broken,
            _ => () => throw new TwiBackupException("file:///x is gone"),
        };
        var answer = await GetAsync("/health");
        Assert.Equal(status, answer.StatusCode);
        Assert.StartsWith(line, await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        // People are shown words in any case, programs no report that there is not.
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/")).StatusCode);
        Assert.Equal(state == "unreadable" ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK, (await GetAsync("/report.json")).StatusCode);
    }

    [Theory]
    [InlineData("GET", "/favicon.ico", HttpStatusCode.NotFound)]
    [InlineData("GET", "/../etc/passwd", HttpStatusCode.NotFound)]
    [InlineData("HEAD", "/", HttpStatusCode.OK)]
    [InlineData("POST", "/", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", "/report.json", HttpStatusCode.MethodNotAllowed)]
    public async Task Nothing_else_is_answered(string method, string path, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(server.Address, path));
        Assert.Equal(status, (await http.SendAsync(request, Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("127.0.0.1:8420", HttpStatusCode.OK)]
    [InlineData("[::1]", HttpStatusCode.OK)]
    [InlineData("evil.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("localhost.evil.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("192.168.1.5", HttpStatusCode.MisdirectedRequest)]
    public async Task A_page_elsewhere_whose_name_points_here_reads_nothing(string host, HttpStatusCode status)
    {
        foreach (var path in (string[])["/", "/report.json", "/health"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Address, path)) { Headers = { Host = host } };
            var answer = await http.SendAsync(request, Cancellation);
            Assert.Equal(status, answer.StatusCode);
            if (status != HttpStatusCode.OK)
                Assert.DoesNotContain("twi-bot", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Whoever_exposes_it_is_answered_by_any_name()
    {
        await using var exposed = await ReportServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), isForAll: true, live, Cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Get, exposed.Address) { Headers = { Host = "status.example" } };
        Assert.Equal(HttpStatusCode.OK, (await http.SendAsync(request, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_in_one_line()
    {
        var taken = new IPEndPoint(IPAddress.Loopback, server.Address.Port);
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => ReportServer.StartAsync(taken, isForAll: false, live, Cancellation));
        Assert.StartsWith($"{taken} can't be listened on: ", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("Name another one with --listen.", refused.Message, StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> GetAsync(string path) => http.GetAsync(new Uri(server.Address, path), Cancellation);
}
