namespace TwiBackup.Tests.Rehearsal.Bot;

/// <summary>One such database for all tests of a class.</summary>
public sealed class SharedBotDatabase : IAsyncLifetime
{
    public BotDatabase Database { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Database = await BotDatabase.StartAsync(("allow_system_table_mods", "on"));

    public ValueTask DisposeAsync() => Database.DisposeAsync();
}
