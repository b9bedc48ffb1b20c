using TwiBackup.Catalog;
using TwiBackup.Tests.Files;
using TwiBackup.Tests.Scheduling;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Verification;

/// <summary>All kinds are verified, each whatever became of the others; what was not looked at never passes.</summary>
public sealed class AllVerifierTests : IAsyncLifetime
{
    private readonly FilesTest files = new();
    private readonly List<VerificationRecord> stored = [];

    private static CancellationToken Cancellation => FilesTest.Cancellation;

    public async ValueTask InitializeAsync()
    {
        files.Write(".env", "BOT_TOKEN=one");
        await files.Backup(files.Source).RunAsync(Cancellation);
        files.WriteLog("bot.log.1", "text");
        await files.Logs().RunAsync(Cancellation);
    }

    public ValueTask DisposeAsync() => files.DisposeAsync();

    [Fact]
    public async Task One_that_fails_or_breaks_keeps_no_other_from_being_verified()
    {
        var results = await RunAsync(
            new KindVerifier(SetKind.Logs, (_, _) => throw new TwiBackupException("no room for the scratch server")),
            new(SetKind.Logs, (_, _) => throw new InvalidOperationException("a bug")),
            new(SetKind.Logs, (_, _) => throw new OperationCanceledException("a time limit of its own")),
            Configuration());
        Assert.Equal([KindOutcome.NotVerified, KindOutcome.NotVerified, KindOutcome.NotVerified, KindOutcome.Proven], results.Select(r => r.Outcome));
        Assert.Equal("no room for the scratch server", results[0].Detail);
        Assert.Equal("unexpected: InvalidOperationException: a bug", results[1].Detail);
        Assert.Equal("configuration", Assert.Single(stored).Kind);
        Assert.Equal([false, false, false, true], results.Select(r => r.Passed));
    }

    [Fact]
    public async Task A_damaged_set_is_restored_for_real_and_fails_with_its_reason()
    {
        files.Damage((await files.Catalog.ListAsync(SetKind.Configuration, Cancellation)).Sets[0], TwiBackup.Files.ConfigurationBackup.ArchiveName);
        var result = Assert.Single(await RunAsync(Configuration()));
        Assert.Equal((KindOutcome.Failed, false), (result.Outcome, result.Passed));
        Assert.StartsWith("restore: ", result.Detail, StringComparison.Ordinal);
        Assert.True(Assert.Single(stored).Failed);
    }

    [Fact]
    public async Task A_kind_that_this_program_cant_verify_never_passes()
    {
        var result = Assert.Single(await RunAsync(new KindVerifier(SetKind.Configuration, null)));
        Assert.Equal((KindOutcome.NotVerified, false), (result.Outcome, result.Passed));
        Assert.Empty(stored);
    }

    [Fact]
    public async Task A_kind_without_a_set_fails_but_for_logs_which_need_not_have_rotated()
    {
        await using var empty = new FilesTest();
        var results = await RunAsync(empty, new AllVerifyOptions(), Never(SetKind.Full), Never(SetKind.Configuration), Never(SetKind.Logs));
        Assert.Equal([KindOutcome.NotVerified, KindOutcome.NotVerified, KindOutcome.Nothing], results.Select(r => r.Outcome));
        Assert.Equal("the store holds none; take one: twibackup backup database", results[0].Detail);
        Assert.Equal("the store holds none; take one: twibackup backup configuration", results[1].Detail);
    }

    [Fact]
    public async Task One_older_set_more_is_picked_by_the_seed()
    {
        for (var i = 0; i < 3; i++)
        {
            files.Write(".env", $"BOT_TOKEN={i}");
            await files.Backup(files.Source).RunAsync(Cancellation);
        }

        var sets = (await files.Catalog.ListAsync(SetKind.Configuration, Cancellation)).Sets.Select(s => s.Id).ToList();
        var picked = new HashSet<string>();
        for (var seed = 0; seed < 8; seed++)
        {
            var asked = new List<string?>();
            var results = await RunAsync(files, new AllVerifyOptions { Random = true, Seed = seed }, new KindVerifier(SetKind.Configuration, (id, token) =>
            {
                asked.Add(id);
                return Configuration().Verify!(id, token);
            }));
            Assert.All(results, r => Assert.Equal(KindOutcome.Proven, r.Outcome));
            Assert.Equal(sets[^1], results[0].Record!.SetId);
            Assert.Null(asked[0]);
            Assert.Contains(asked[1], sets.SkipLast(1));
            picked.Add(asked[1]!);
            if (seed == 3)
                Assert.Equal(asked[1], (await RunAsync(files, new AllVerifyOptions { Random = true, Seed = 3 }, Configuration()))[1].Record!.SetId);
        }

        Assert.True(picked.Count > 1);
    }

    [Fact]
    public async Task Without_the_identity_only_the_structure_is_looked_at_and_proves_nothing()
    {
        var blind = new SetCatalog(files.Store, FilesTest.System, files.Catalog.Keys with { Identities = [] });
        var kinds = new[] { Configuration(), new KindVerifier(SetKind.Logs, null) };
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => New(blind, new AllVerifyOptions(), kinds).RunAsync(Cancellation));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        var results = await New(blind, new AllVerifyOptions { Structure = true }, kinds).RunAsync(Cancellation);
        Assert.All(results, r => Assert.Equal((KindOutcome.NotProven, true), (r.Outcome, r.Passed)));
        Assert.All(stored, r => Assert.False(r.Proven));
    }

    [Fact]
    public async Task A_set_that_was_proven_and_could_not_be_recorded_fails()
    {
        var verifier = new AllVerifier(
            files.Catalog, [Configuration()], new AllVerifyOptions(), (_, _) => throw new TwiBackupException("the bucket denies it"), TimeProvider.System, files.Progress);
        var result = Assert.Single(await verifier.RunAsync(Cancellation));
        Assert.Equal(KindOutcome.Failed, result.Outcome);
        Assert.EndsWith("but it could not be recorded: the bucket denies it", result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Being_stopped_ends_it()
    {
        using var stop = new CancellationTokenSource();
        var verifier = New(files.Catalog, new AllVerifyOptions(), new KindVerifier(SetKind.Logs, async (_, token) =>
        {
            await stop.CancelAsync();
            token.ThrowIfCancellationRequested();
            throw new InvalidOperationException();
        }), Never(SetKind.Configuration));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => verifier.RunAsync(stop.Token));
    }

    [Fact]
    public void The_kinds_are_those_that_the_policy_takes()
    {
        Assert.Equal([SetKind.Full], AllVerifier.KindsOf(TestPolicy.Parse()));
        const string every = """
            {
              "full": { "schedule": "0 2 * * *", "keep": "30d" }, "dump": { "schedule": "30 2 * * *", "keep": "30d" },
              "configuration": { "schedule": "onChange", "keep": "90d", "paths": [{ "path": "/app/.env" }] },
              "repository": { "schedule": "0 4 * * 0", "keep": "1y", "source": "/app" },
              "logs": { "schedule": "0 5 * * 0", "keep": "90d", "paths": ["/app/logs/*.log.*"] }
            }
            """;
        Assert.Equal(
            [SetKind.Full, SetKind.Dump, SetKind.Configuration, SetKind.Repository, SetKind.Logs], AllVerifier.KindsOf(TestPolicy.Parse(backups: every)));
    }

    private static KindVerifier Never(SetKind kind) => new(kind, (_, _) => throw new InvalidOperationException("not to be called"));

    private KindVerifier Configuration() =>
        new(SetKind.Configuration, new ConfigurationVerifier(files.Catalog, SetKind.Configuration, files.Folder, TimeProvider.System, files.Progress).RunAsync);

    private Task<IReadOnlyList<KindResult>> RunAsync(params KindVerifier[] kinds) => RunAsync(files, new AllVerifyOptions(), kinds);

    private Task<IReadOnlyList<KindResult>> RunAsync(FilesTest test, AllVerifyOptions options, params KindVerifier[] kinds) =>
        New(test.Catalog, options, kinds).RunAsync(Cancellation);

    private AllVerifier New(SetCatalog catalog, AllVerifyOptions options, params KindVerifier[] kinds) => new(
        catalog, kinds, options, (record, _) =>
        {
            stored.Add(record);
            return Task.CompletedTask;
        },
        TimeProvider.System, files.Progress);
}
