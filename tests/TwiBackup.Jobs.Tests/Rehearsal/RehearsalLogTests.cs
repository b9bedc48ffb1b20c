using System.Text;
using TwiBackup.Rehearsal;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Tests.Sealing;
using TwiBackup.Tests.Stores;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Rehearsal;

/// <summary>Only whoever holds the verifier's key can say that a disaster was rehearsed.</summary>
public sealed class RehearsalLogTests : IAsyncDisposable
{
    private const string Id = "20261123T020000Z-0001";

    private readonly TestStore store = TestStores.NewFileStore();
    private readonly SigningKey verifier = SigningKey.Generate();
    private readonly RehearsalLog log;

    public RehearsalLogTests() => log = new RehearsalLog(store.Store, "twi", [verifier.Public]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => store.DisposeAsync();

    [Fact]
    public async Task A_report_comes_back_as_it_was_written_under_the_systems_name()
    {
        var report = Report(Id, met: true);
        await log.WriteAsync(report, verifier, Cancellation);
        var listed = Assert.Single(await log.ListAsync(Cancellation));
        Assert.Equal("twi", listed.System);
        Assert.Equal((report.Id, report.Scenario, report.Bytes, true), (listed.Id, listed.Scenario, listed.Bytes, listed.Met));
        Assert.Equal(report.Components, listed.Components);
        Assert.Equal(report.Stages, listed.Stages);
        Assert.Equal(report.Checks, listed.Checks);
        Assert.Equal(report.Id, (await log.ReadAsync(Id, Cancellation))?.Id);
        Assert.Null(await log.ReadAsync("20261123T020000Z-9999", Cancellation));
    }

    [Fact]
    public async Task Debians_minisign_checks_a_report()
    {
        await log.WriteAsync(Report(Id, met: true), verifier, Cancellation);
        var file = Path.Combine(store.Root, $"twi/rehearsal/{Id}.json");
        var comment = await Tool.RunAsync([], "minisign", "-VQ", "-P", verifier.Public.ToString(), "-m", file);
        Assert.Equal($"twibackup rehearsal system=twi id={Id} scenario=lost-host met=yes\n", Encoding.UTF8.GetString(comment));
    }

    [Fact]
    public async Task A_forged_edited_copied_or_planted_report_is_refused()
    {
        await log.WriteAsync(Report(Id, met: false), verifier, Cancellation);
        await new RehearsalLog(store.Store, "twi", []).WriteAsync(Report("20261123T020000Z-0002", met: true), SigningKey.Generate(), Cancellation);
        await new RehearsalLog(store.Store, "other", []).WriteAsync(Report("20261123T020000Z-0003", met: true), verifier, Cancellation);
        foreach (var suffix in (string[])["", ".minisig"])
        {
            await CopyAsync($"twi/rehearsal/{Id}.json{suffix}", $"twi/rehearsal/20261123T020000Z-0004.json{suffix}");
            await CopyAsync($"twi/rehearsal/{Id}.json{suffix}", $"twi/rehearsal/20261123T020000Z-0005.json{suffix}");
            await CopyAsync($"other/rehearsal/20261123T020000Z-0003.json{suffix}", $"twi/rehearsal/20261123T020000Z-0003.json{suffix}");
        }

        var edited = Path.Combine(store.Root, "twi/rehearsal/20261123T020000Z-0005.json");
        await File.WriteAllTextAsync(
            edited, (await File.ReadAllTextAsync(edited, Cancellation)).Replace("\"passed\": false", "\"passed\": true", StringComparison.Ordinal), Cancellation);
        await store.Store.PutBytesAsync("twi/rehearsal/20261123T020000Z-0006.json", Encoding.UTF8.GetBytes("{"), PutCondition.IfAbsent, Cancellation);

        var listed = Assert.Single(await log.ListAsync(Cancellation));
        Assert.Equal((Id, false), (listed.Id, listed.Met));
        Assert.Null(await log.ReadAsync("20261123T020000Z-0002", Cancellation));
        Assert.Null(await log.ReadAsync("20261123T020000Z-0005", Cancellation));
    }

    [Fact]
    public async Task A_report_is_never_overwritten()
    {
        await log.WriteAsync(Report(Id, met: false), verifier, Cancellation);
        await Assert.ThrowsAsync<ObjectExistsException>(() => log.WriteAsync(Report(Id, met: true), verifier, Cancellation));
        Assert.False(Assert.Single(await log.ListAsync(Cancellation)).Met);
    }

    private static RehearsalReport Report(string id, bool met) => new()
    {
        Format = RehearsalReport.CurrentFormat,
        System = "rehearsal",
        Id = id,
        Scenario = "lost-host",
        Tool = "twibackup 1",
        StartedAt = DateTimeOffset.UnixEpoch,
        CompletedAt = DateTimeOffset.UnixEpoch,
        Store = "file:///store",
        Postgres = "15.18",
        Disasters = 1,
        Components = [ComponentResult.Of("database", TimeSpan.FromSeconds(0.5), TimeSpan.FromHours(1), null, null)],
        Stages = [new StageResult("detect", 0.25)],
        Bytes = new RehearsalBytes(1, 2, 3),
        Checks = [new Check("heartbeats", met, "detail")],
    };

    private async Task CopyAsync(string from, string to) =>
        await store.Store.PutBytesAsync(to, await store.Store.ReadBytesAsync(from, 1 << 20, Cancellation), PutCondition.IfAbsent, Cancellation);
}
