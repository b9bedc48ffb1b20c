using System.Data;
using System.Globalization;
using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>
/// One connection of the bot: messages at a steady rate and around them, in the bot's proportions, users, reactions, edits, deletions,
/// attachments, embeds, commands and the rest, each statement a commit of its own, as the bot does it.
/// </summary>
internal sealed class BotWriter(
    NpgsqlDataSource source, BotWorld world, Snowflake ids, double rate, ulong seed, BotCounters counters, TimeProvider clock)
{
    private const int Remembered = 200;
    private static readonly TimeSpan ShortestTick = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestTick = TimeSpan.FromMilliseconds(250);

    private readonly Lexicon _lexicon = Lexicon.Shared;
    private readonly long[] _recent = new long[Remembered];
    private SplitMix _random = new(seed);
    private int _written;

    /// <summary>
    /// Writes until cancelled or until the connection is lost. What fell behind by more than a second is left out, not caught up.
    /// </summary>
    public async Task WriteAsync(CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        using var timer = new PeriodicTimer(Tick(rate), clock);
        var before = clock.GetTimestamp();
        var due = 1.0;
        do
        {
            for (; due >= 1; due--) await WriteOneAsync(connection, cancellation);
            await timer.WaitForNextTickAsync(cancellation);
            var now = clock.GetTimestamp();
            due = Math.Min(due + clock.GetElapsedTime(before, now).TotalSeconds * rate, Math.Max(1, rate));
            before = now;
        }
        while (true);
    }

    private static TimeSpan Tick(double rate)
    {
        var even = TimeSpan.FromSeconds(1 / rate / 2);
        return even < ShortestTick ? ShortestTick : even > LongestTick ? LongestTick : even;
    }

    private async Task WriteOneAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        try
        {
            await WriteMessageAsync(connection, cancellation);
        }
        catch (PostgresException refused) when (connection.State == ConnectionState.Open)
        {
            counters.Refused($"{refused.SqlState}: {refused.MessageText}");
        }
    }

    private async Task WriteMessageAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var id = ids.Next();
        var time = Snowflake.TimeOf(id);
        var user = Chance(0.005) ? (Id: ids.Next(), Name: Words(8)) : world.Users[_random.Below(world.Users.Count)];
        var channel = world.Channels[_random.Below(world.Channels.Count)];
        await connection.RunAsync(BotStatements.User, cancellation, user.Id, user.Name, time);
        await connection.RunAsync(
            BotStatements.Message, cancellation,
            id, time, Words(Lexicon.ChatLength(ref _random)), user.Name, BotSchema.ServerId, channel.Id, channel.Name, user.Id,
            $"https://chat.invalid/channels/{BotSchema.ServerId}/{channel.Id}/{id}", Chance(0.02),
            Chance(0.15) && _written > 0 ? Recent() : null);
        counters.MessageWritten();
        _recent[_written++ % Remembered] = id;

        if (Chance(0.10))
            await connection.RunAsync(
                BotStatements.Attachment, cancellation, ids.Next(), id, Words(10) + ".png", (long)_random.Below(4_000_000));
        if (Chance(0.15))
            await connection.RunAsync(BotStatements.Mention, cancellation, id, world.Users[_random.Below(world.Users.Count)].Id);
        if (Chance(0.10)) await connection.RunAsync(BotStatements.Embed, cancellation, id, Words(30), Words(200));
        if (Chance(0.60)) await connection.RunAsync(BotStatements.Reaction, cancellation, Recent(), user.Id, Emoji(), time);
        if (Chance(0.05)) await connection.RunAsync(BotStatements.ReactionGone, cancellation, Recent());
        if (Chance(0.05)) await connection.RunAsync(BotStatements.Edit, cancellation, Recent(), Words(60), time);
        if (Chance(0.02)) await connection.RunAsync(BotStatements.MessageGone, cancellation, Recent());
        if (Chance(0.02)) await connection.RunAsync(BotStatements.Update, cancellation, channel.Name, Words(12), time, channel.Id);
        if (Chance(0.03)) await WriteCommandAsync(connection, user.Id, channel.Id, time, cancellation);
        if (Chance(0.01))
            await connection.RunAsync(BotStatements.Join, cancellation, user.Id, BotSchema.ServerId, Chance(0.6) ? "join" : "leave", time);
        if (Chance(0.05))
            await connection.RunAsync(
                BotStatements.Voice, cancellation, user.Id, BotSchema.ServerId, channel.Id, Chance(0.5) ? "join" : "leave", time);
        if (Chance(0.01)) await connection.RunAsync(BotStatements.Thread, cancellation, user.Id, id);
        if (Chance(0.005)) await connection.RunAsync(BotStatements.ThreadGone, cancellation);
        if (Chance(0.01)) await connection.RunAsync(BotStatements.EmbedGone, cancellation, Recent());
        if (Chance(0.01)) await WriteRareAsync(connection, id, user, cancellation);
    }

    private async Task WriteCommandAsync(
        NpgsqlConnection connection, long user, long channel, DateTime time, CancellationToken cancellation)
    {
        var args = string.Create(
            CultureInfo.InvariantCulture, $$"""{"page": {{_random.Below(9)}}, "query": "{{_lexicon.Word(ref _random)}}"}""");
        var serial = await connection.AskAsync<int>(
            BotStatements.Command, cancellation, "command" + _random.Below(30), args, time, user, channel, BotSchema.ServerId);
        await connection.RunAsync(BotStatements.CommandDone, cancellation, serial, $"{_random.Below(4000)} milliseconds");
    }

    private async Task WriteRareAsync(NpgsqlConnection connection, long id, (long Id, string Name) user, CancellationToken cancellation)
    {
        var text = Words(80);
        await connection.RunAsync(BotStatements.Quote, cancellation, text, user.Name, user.Id);
        await connection.RunAsync(BotStatements.Link, cancellation, $"link {id}", text);
        await connection.RunAsync(BotStatements.Pin, cancellation, id, user.Name);
        await connection.RunAsync(BotStatements.Patreon, cancellation, id, text);
        await connection.RunAsync(BotStatements.Poll, cancellation, id, Words(40));
        await connection.RunAsync(BotStatements.PollOption, cancellation, ids.Next(), id, Words(20));
        await connection.RunAsync(BotStatements.Note, cancellation, text);
        await connection.RunAsync(BotStatements.Seen, cancellation, user.Id);
    }

    private bool Chance(double share) => _random.Fraction() < share;

    private string Words(int length) => _lexicon.Text(ref _random, length);

    private long Recent() => _recent[_random.Below(Math.Min(_written, Remembered))];

    private string Emoji() => _random.Below(4) switch { 0 => "👍", 1 => "😂", 2 => "🎉", _ => "👀" };
}
