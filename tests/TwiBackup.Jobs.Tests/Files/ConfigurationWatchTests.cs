using System.Threading.Channels;
using TwiBackup.Catalog;
using TwiBackup.Files;

namespace TwiBackup.Tests.Files;

public sealed class ConfigurationWatchTests : IAsyncDisposable
{
    private static readonly ConfigurationWatchOptions Fast = new()
    {
        Quiet = TimeSpan.FromMilliseconds(300),
        Patience = TimeSpan.FromSeconds(3),
        Rescan = TimeSpan.FromMinutes(10),
        RetryAfter = TimeSpan.FromMilliseconds(100),
    };

    private readonly FilesTest test = new();
    private readonly CancellationTokenSource stop = new();
    private readonly Channel<(ConfigurationBackupResult? Result, Exception? Failure)> heard =
        Channel.CreateUnbounded<(ConfigurationBackupResult?, Exception?)>();

    private Task running = Task.CompletedTask;

    private static CancellationToken Cancellation => FilesTest.Cancellation;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
        await test.DisposeAsync();
    }

    [Fact]
    public async Task A_change_is_taken_once_it_is_quiet_and_many_writes_make_one_set()
    {
        var env = test.Write(".env", "BOT_TOKEN=0");
        Watch(test.Source);
        Assert.True((await NextAsync()).Result!.Taken);

        // Each well within the quiet time of the one before.
        for (var i = 1; i <= 20; i++)
        {
            File.WriteAllText(env, $"BOT_TOKEN={i}");
            File.WriteAllText(Path.Combine(test.Source, "other.yml"), $"{i}");
        }

        var next = await NextAsync();
        Assert.True(next.Result!.Taken);
        Assert.Equal("BOT_TOKEN=20", File.ReadAllText(await test.RestoreElsewhereAsync(id: next.Result.Set.Id) + env));
        Assert.Equal(2, (await test.Catalog.ListIdsAsync(SetKind.Configuration, Cancellation)).Count);
    }

    [Fact]
    public async Task A_file_replaced_by_renaming_and_one_in_a_new_folder_are_heard()
    {
        var env = test.Write(".env", "BOT_TOKEN=0");
        Watch(env, Path.Combine(test.Source, "conf.d/*/*.yml"));
        Assert.True((await NextAsync()).Result!.Taken);

        File.WriteAllText(env + "~", "BOT_TOKEN=1");
        File.Move(env + "~", env, overwrite: true);
        Assert.True((await NextTakenAsync()).Manifest.Configuration!.Files.Count == 1);

        test.Write("conf.d/new/app.yml", "x");
        var taken = await NextTakenAsync();
        Assert.Contains(taken.Manifest.Configuration!.Files, f => f.Name.EndsWith("conf.d/new/app.yml", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failure_is_said_and_tried_again()
    {
        var env = Path.Combine(test.Source, ".env");
        Watch(env);
        Assert.Contains(env, (await NextAsync()).Failure!.Message, StringComparison.Ordinal);
        test.Write(".env", "BOT_TOKEN=1");
        await NextTakenAsync();
    }

    [Fact]
    public async Task It_ends_cleanly_when_asked()
    {
        test.Write(".env", "BOT_TOKEN=0");
        Watch(test.Source);
        await NextAsync();
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(5), Cancellation);
        Assert.True(running.IsCompletedSuccessfully);
    }

    private void Watch(params string[] paths)
    {
        var options = new ConfigurationBackupOptions
        {
            Paths = [.. paths.Select(p => new TwiBackup.Policy.ConfigurationPath(p, Required: !PathPattern.HasWildcards(p)))],
            Keep = TimeSpan.FromDays(1),
            Reason = "change",
        };
        running = new ConfigurationWatch(test.Backup(options), paths, Fast, TimeProvider.System, test.Progress)
            .RunAsync((result, failure) => heard.Writer.TryWrite((result, failure)), stop.Token);
    }

    private async Task<(ConfigurationBackupResult? Result, Exception? Failure)> NextAsync() =>
        await heard.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

    private async Task<BackupSet> NextTakenAsync()
    {
        while (true)
        {
            if ((await NextAsync()).Result is { Taken: true } result)
                return result.Set;
        }
    }
}
