using TwiBackup.Recovery;

namespace TwiBackup.Tests.Recovery;

/// <summary>The whole system, from a store into an empty host.</summary>
public sealed class RecoveryRunTests(LostSystem lost) : IClassFixture<LostSystem>
{
    [Fact]
    public async Task A_lost_system_is_recovered_from_the_store_alone()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        var result = await scene.RecoverAsync();
        Assert.Null(result.Failure);
        Assert.True(result.Met);
        Assert.All(result.Steps, s => Assert.Equal(StepState.Done, s.State));
        Assert.Equal(["notify Begun", "provision", "open", "deploy", "verify", "route", "notify Recovered"], scene.Asked);
        Assert.Equal(LostSystem.Rows, await scene.RowsAsync());
        Assert.Equal("2", await scene.AskDatabaseAsync("select substr(pg_walfile_name(pg_current_wal_lsn()), 8, 1)"));
        Assert.Equal("f", await scene.AskDatabaseAsync("select active::text::char from pg_replication_slots where slot_name = 'twibackup'"));
        Assert.Equal($"DISCORD_TOKEN={LostSystem.Secret}\n", await File.ReadAllTextAsync(scene.EnvironmentFile, RecoveryScene.Cancellation));
        Assert.Equal("print('hello again')\n", await File.ReadAllTextAsync(Path.Combine(scene.Repository, "main.py"), RecoveryScene.Cancellation));
        Assert.Equal(lost.Full.Id, result.Database!.SetId);
    }
}
