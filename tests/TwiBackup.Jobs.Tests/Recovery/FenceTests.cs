using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TwiBackup.Postgres;
using TwiBackup.Recovery;
using TwiBackup.Tests.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Recovery;

/// <summary>Two primaries of one cluster lose writes: the old one must be dead or cut off.</summary>
public sealed class FenceTests(LostSystem lost) : IClassFixture<LostSystem>
{
    private static CancellationToken Cancellation => RecoveryScene.Cancellation;

    [Fact]
    public async Task A_living_primary_is_not_recovered_beside()
    {
        // Copies of the template share its system identifier, as the lost primary come back would.
        await using var alive = await TestPostgres.StartAsync(new InitOptions { WalSegmentSizeMb = 1 });
        await using var scene = await RecoveryScene.CreateAsync(lost);
        var before = RecoveryScene.Photograph(scene.StoreObjects);
        var refused = await scene.RecoverAsync(o => o with { OldPrimary = alive.Replicator });
        Assert.Contains("answers as the primary of this cluster", refused.Failure, StringComparison.Ordinal);
        Assert.Contains("--old-primary-fenced", refused.Failure, StringComparison.Ordinal);
        Assert.Equal(StepState.Failed, refused.Of(RecoveryStep.Assess).State);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scene.Host));
        Assert.Equal(before, RecoveryScene.Photograph(scene.StoreObjects));
        Assert.Equal("1", await alive.ScalarAsync("select 1"));

        var told = await scene.RecoverAsync(o => o with { OldPrimary = alive.Replicator, OldPrimaryIsFenced = true, Resume = true });
        Assert.True(told.Met);
        Assert.Contains("said to be cut off", await File.ReadAllTextAsync(told.IncidentFile, Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_comes_back_before_the_database_step_stops_the_recovery_there()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        await using var alive = await TestPostgres.StartAsync(new InitOptions { WalSegmentSizeMb = 1 });
        Assert.True(await alive.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(60), Cancellation));
        scene.OnAction = name => name == "provision" ? alive.StartAgainAsync() : Task.CompletedTask;
        var refused = await scene.RecoverAsync(o => o with { OldPrimary = alive.Replicator });
        Assert.Equal(StepState.Failed, refused.Of(RecoveryStep.Database).State);
        Assert.Contains("answers as the primary of this cluster", refused.Failure, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scene.Data));
    }

    [Fact]
    public async Task Another_cluster_and_a_standby_are_in_nobodys_way()
    {
        await using var other = await TestPostgres.StartAsync();
        await using var scene = await RecoveryScene.CreateAsync(lost);
        Assert.Empty(await ProblemsAsync(scene, other.Replicator));

        var folder = TestEnvironment.Account.CreatePrivateDirectory("twi-standby-");
        var data = Path.Combine(folder, "data");
        await TestPostgresTemplate.CopyAsync(new InitOptions { WalSegmentSizeMb = 1 }, data);
        await File.WriteAllTextAsync(Path.Combine(data, "standby.signal"), "", Cancellation);
        TestEnvironment.Account.Chown(Path.Combine(data, "standby.signal"));
        await using var standby = await TestPostgres.StartOnAsync(data);
        Assert.Empty(await ProblemsAsync(scene, standby.Replicator));
    }

    [Fact]
    public async Task What_answers_and_does_not_say_what_it_is_is_taken_for_the_old_primary()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        await using var alive = await TestPostgres.StartAsync(new InitOptions { WalSegmentSizeMb = 1 });
        Assert.Contains("may be the old primary", Assert.Single(await ProblemsAsync(scene, alive.Replicator with { Password = "wrong" })), StringComparison.Ordinal);

        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var accepting = Task.Run(async () =>
        {
            using var client = await silent.AcceptTcpClientAsync(Cancellation);
            await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), Cancellation);
        }, Cancellation);
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        Assert.Contains("may be the old primary", Assert.Single(await ProblemsAsync(scene, alive.Replicator with { Port = port })), StringComparison.Ordinal);
        await accepting;
    }

    [Fact]
    public async Task WAL_that_still_comes_says_that_it_lives_though_it_cannot_be_reached()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        scene.Progress.OnStage = name =>
        {
            if (name == "replay")
                PutMarkAsync(scene).GetAwaiter().GetResult();
        };
        var refused = await scene.RecoverAsync();
        Assert.Equal(StepState.Failed, refused.Of(RecoveryStep.Database).State);
        Assert.Contains("The old primary lives: WAL of ", refused.Failure, StringComparison.Ordinal);
        // Nobody was let in, and what lies there can't be started.
        Assert.DoesNotContain("open", scene.Asked);
        Assert.True(File.Exists(Path.Combine(scene.Data, TwiBackup.Database.RestoreTarget.MarkerName)));
    }

    private async Task PutMarkAsync(RecoveryScene scene)
    {
        var facts = lost.Full.Manifest.Database!;
        var layout = new WalLayout(scene.Catalog.System, facts.ServerVersion / 10000, ulong.Parse(facts.SystemIdentifier, CultureInfo.InvariantCulture));
        await new WalObjects(scene.Store, lost.Keys, layout, _ => { })
            .PutMarkAsync(1, new WalMark(DateTimeOffset.UtcNow, new Lsn(lost.Full.StopLsn.Value + (64 << 20))), Cancellation);
    }

    private static async Task<IReadOnlyList<string>> ProblemsAsync(RecoveryScene scene, ConnectionSettings old) =>
        (await new RecoveryRun(scene.Options() with { OldPrimary = old }, scene.Progress, TimeProvider.System).PlanAsync(Cancellation)).Problems;
}
