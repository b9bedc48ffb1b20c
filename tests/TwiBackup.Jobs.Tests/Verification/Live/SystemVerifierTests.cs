using TwiBackup.Catalog;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Tests.Scheduling;
using TwiBackup.Verification;
using TwiBackup.Verification.Live;

namespace TwiBackup.Tests.Verification.Live;

public sealed class SystemVerifierTests
{
    private static readonly IReadOnlyList<SystemCheck> Checks =
    [
        new("a/good", _ => Task.FromResult(Answer.Good("well"))),
        new("a/bad", _ => Task.FromResult(Answer.Bad("ill"))),
        new("a/broken", _ => throw new IOException("no disk\nat all")),
        SystemCheck.NotConfigured("b/absent", "b"),
        new("b/late", _ => Task.FromResult(Answer.Good("asked all the same"))),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_is_asked_whatever_the_others_brought_and_not_asked_is_not_passed()
    {
        var record = await RunAsync(CheckSelection.All);
        Assert.Equal(
            [new("a/good", true, "well"), new("a/bad", false, "ill"), new("a/broken", false, "could not be asked: no disk at all"), new("b/late", true, "asked all the same")],
            record.Checks);
        Assert.Equal([new CheckNotRun("b/absent", "the policy has no b")], record.NotRun!);
        Assert.True(record is { Failed: true, Proven: false, Kind: "system" });
    }

    [Theory]
    [InlineData("a", "", "a/good a/bad a/broken")]
    [InlineData("a/good b", "", "a/good b/absent b/late")]
    [InlineData("", "a", "b/absent b/late")]
    [InlineData("a", "a/bad a/broken", "a/good")]
    public async Task Some_may_be_named_or_left_out(string only, string skip, string asked)
    {
        var record = await RunAsync(new CheckSelection(Split(only), Split(skip)));
        Assert.Equal(
            Split(asked), record.Checks.Select(check => check.Name).Concat((record.NotRun ?? []).Select(check => check.Name)).OrderBy(name => Array.IndexOf(Split(asked), name)));
        Assert.NotEqual("the running system: nothing was restored", record.Target);
    }

    [Theory]
    [InlineData("c", "", "There is no check c. There are a/good, a/bad,")]
    [InlineData("", "a/goo", "There is no check a/goo.")]
    [InlineData("a", "a", "nothing is asked")]
    public async Task A_name_that_is_no_check_is_a_wrong_use(string only, string skip, string reason)
    {
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => RunAsync(new CheckSelection(Split(only), Split(skip))));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_never_answers_fails_after_a_while()
    {
        var clock = new ManualClock(TimeProvider.System.GetUtcNow());
        var waiting = new TaskCompletionSource();
        SystemCheck[] checks =
        [
            new("a/hangs", async cancellationToken =>
            {
                waiting.SetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
                return Answer.Good("never");
            }),
            Checks[0],
        ];
        var running = new SystemVerifier("twi", checks, clock, SilentProgress.Instance).RunAsync(CheckSelection.All, Cancellation);
        await waiting.Task;
        clock.Advance(SystemVerifier.Patience + TimeSpan.FromSeconds(1));
        var record = await running;
        Assert.Equal("no answer within 30 min", record.Checks[0].Detail);
        Assert.True(record.Checks[1].Passed);
    }

    [Fact]
    public async Task Its_record_is_signed_and_read_back_with_what_was_not_run()
    {
        await using var system = new LiveSystem();
        var record = await RunAsync(CheckSelection.All);
        var verifier = SigningKey.Generate();
        var log = new VerificationLog(system.Store.Store, "twi", [verifier.Public]);
        await log.WriteAsync(record, verifier, Cancellation);
        var read = Assert.Single(await log.ListAsync(Cancellation));
        Assert.Equal(record.Checks, read.Checks);
        Assert.Equal(record.NotRun!, read.NotRun!);
        Assert.True(SetId.TryParse(read.Id, out _));
        Assert.Equal($"system/{read.Id}", read.Set);
    }

    [Fact]
    public async Task Every_check_has_a_name_of_its_own_and_a_group()
    {
        await using var system = new LiveSystem();
        system.Write(".env", "");
        var policy = system.Policy(
            """
            { "database": { "queries": [{ "name": "q", "sql": "select true" }] }, "environment": { "file": "DIR/.env", "webhooks": ["W"] },
              "login": { "url": "U" }, "certificates": [{ "file": "/a/c.pem" }, { "file": "/b/c.pem" }], "code": "/app",
              "logs": { "paths": ["/app/*.log"] }, "process": { "command": "x" }, "webhook": true }
            """);
        await using var whole = system.Checks(policy);
        await using var empty = system.Checks(system.Policy("{}"));
        var names = whole.All.Select(check => check.Name).ToList();
        Assert.Equal(names.Distinct(), names);
        Assert.All(names, name => Assert.Matches("^[a-z]+/[A-Za-z0-9/._-]+$", name));
        // What is not configured is named too, a group at least.
        Assert.Equal(whole.All.Select(check => check.Group).Distinct().Where(group => group != "archive"), empty.All.Select(check => check.Group).Distinct());
    }

    private static Task<VerificationRecord> RunAsync(CheckSelection selection) =>
        new SystemVerifier("twi", Checks, TimeProvider.System, SilentProgress.Instance).RunAsync(selection, Cancellation);

    private static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
