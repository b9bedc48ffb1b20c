using System.Globalization;
using System.Text;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Verification;
using TwiBackup.Tests.Postgres;
using ZstdSharp;

namespace TwiBackup.Tests.Rehearsal.Bot;

public sealed class BotDataTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(20_000_000)]
    [InlineData(100_000_000)]
    public async Task A_filled_database_has_about_the_size_asked_for_and_passes_every_check(long bytes)
    {
        await using var database = await BotDatabase.StartAsync();
        await BotData.FillAsync(database.Bot, bytes, seed: 7, SilentProgress.Instance, Cancel);
        var size = long.Parse(await database.AskAsync("select pg_database_size(current_database())"), CultureInfo.InvariantCulture);
        Assert.InRange(size, bytes * 0.85, bytes * 1.15);
        await using var bot = await database.OpenAsync(database.Bot);
        Assert.All(
            await BotChecks.RunAsync(bot, cancellation: Cancel), check => Assert.True(check.Passed, $"{check.Name}: {check.Detail}"));
        Assert.Equal("17", await database.AskAsync("select count(*) from pg_index where indrelid = 'messages'::regclass"));
        Assert.Equal("0", await database.AskAsync(
            "select count(*) from pg_class c where relkind = 'r' and relnamespace = 'public'::regnamespace "
            + "and relname not in ('heartbeat', 'bot_metrics') "
            + "and (xpath('/row/n/text()', query_to_xml("
            + "format('select count(*) as n from %s', c.oid::regclass), false, true, '')))[1]::text = '0'"));
        Assert.Equal("True", await database.AskAsync("select bool_and(pg_column_size(content) > 20000) and count(*) > 2 from chapters"));
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_rows_and_another_seed_others()
    {
        await using var database = await BotDatabase.StartAsync();
        var first = await FillCopyAsync("first", seed: 1);
        var second = await FillCopyAsync("second", seed: 1);
        var third = await FillCopyAsync("third", seed: 2);
        var digests = await DigestsAsync(first);
        Assert.Equal(digests, await DigestsAsync(second));
        var others = await DigestsAsync(third);
        Assert.NotEqual(
            digests.Single(one => one.Table == "public.messages").Digest, others.Single(one => one.Table == "public.messages").Digest);

        async Task<ConnectionSettings> FillCopyAsync(string name, ulong seed)
        {
            var copy = await database.CopyAsync(name);
            await BotData.FillAsync(copy, BotData.LeastBytes, seed, SilentProgress.Instance, Cancel);
            return copy;
        }
    }

    [Fact]
    public void Messages_compress_as_chat_does()
    {
        var random = new SplitMix(1);
        var text = new StringBuilder();
        while (text.Length < 4_000_000) text.Append(Lexicon.Shared.Text(ref random, Lexicon.ChatLength(ref random))).Append('\n');
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        using var zstd = new Compressor(3);
        var ratio = (double)bytes.Length / zstd.Wrap(bytes).Length;
        Assert.InRange(ratio, 2.2, 2.8);
    }

    [Fact]
    public async Task A_database_that_has_messages_is_not_filled_again()
    {
        await using var database = await BotDatabase.StartAsync();
        await BotData.FillAsync(database.Bot, BotData.LeastBytes, seed: 1, SilentProgress.Instance, Cancel);
        var before = await DigestsAsync(database.Superuser);
        var refused = await Assert.ThrowsAsync<TwiBackupException>(
            () => BotData.FillAsync(database.Bot, BotData.LeastBytes, seed: 1, SilentProgress.Instance, Cancel));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Equal(before, await DigestsAsync(database.Superuser));
    }

    [Fact]
    public async Task A_fill_that_fails_leaves_the_database_as_it_was()
    {
        await using var database = await BotDatabase.StartAsync();
        await database.ExecuteAsync(
            "create rule no_quotes as on insert to quotes do instead select 1 / (count(*) - count(*)) from messages");
        var before = await DigestsAsync(database.Superuser);
        await Assert.ThrowsAsync<TwiBackupException>(
            () => BotData.FillAsync(database.Bot, BotData.LeastBytes, seed: 1, SilentProgress.Instance, Cancel));
        Assert.Equal(before, await DigestsAsync(database.Superuser));
        Assert.Equal("17", await database.AskAsync("select count(*) from pg_index where indrelid = 'messages'::regclass"));
    }

    private static async Task<IReadOnlyList<TableDigest>> DigestsAsync(ConnectionSettings settings)
    {
        await using var connection = await TestPostgres.OpenAsync(settings);
        return await TableDigests.TakeAsync(connection, cancellation: Cancel);
    }
}
