using Npgsql;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>Fills the stand-in's database with history: the same rows for the same size and seed.</summary>
public static class BotData
{
    /// <summary>Smallest size that can be asked for, bytes: below it the empty schema is most of the database.</summary>
    public const long LeastBytes = 20_000_000;

    // Measured on PostgreSQL 15: an empty schema, and what one message brings with all that hangs on it and the indexes of both.
    private const long EmptyBytes = 9_400_000;
    private const long BytesPerMessage = 930;
    private const int MessagesPerChapter = 2_000;
    private const int ChapterChars = 100_000;
    private const string MessageColumns =
        "message_id, created_at, content, user_name, user_nick, "
        + "server_id, server_name, channel_id, channel_name, user_id, jump_url, is_bot, reference";

    private static readonly DateTime Start = new(2017, 8, 15, 0, 0, 0, DateTimeKind.Unspecified);
    private static readonly DateTime End = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);

    /// <summary>
    /// Fills an empty stand-in database to about <paramref name="bytes"/> (as <c>pg_database_size</c> counts, within 15 %),
    /// in one transaction: it is filled, or as it was.
    /// </summary>
    /// <param name="settings">The owner's or a superuser's connection to the stand-in's database.</param>
    /// <param name="bytes">From <see cref="LeastBytes"/>.</param>
    /// <param name="seed">Another seed gives other rows.</param>
    /// <param name="progress">Told about the stages, and about bytes while messages are written.</param>
    /// <param name="cancellation">Rolls back.</param>
    /// <exception cref="TwiBackupException">The size is too small, messages are there already, or the server refused.</exception>
    public static async Task FillAsync(
        ConnectionSettings settings, long bytes, ulong seed, IProgressReporter progress, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(progress);
        if (bytes < LeastBytes)
            throw new TwiBackupException(ExitCode.WrongUse, $"{bytes} bytes are too few to fill to; ask for at least {LeastBytes}.");
        try
        {
            await using var source = BotDataSource.Create(settings, TimeSpan.Zero);
            await using var connection = await source.OpenConnectionAsync(cancellation);
            if (await connection.AskAsync<bool>("select exists (select from messages)", cancellation))
                throw new TwiBackupException(
                    ExitCode.WrongUse, $"{settings} has messages already; only a new database is filled. Load another one.");
            await FillAsync(connection, (bytes - EmptyBytes) / BytesPerMessage, seed, progress, cancellation);
            await connection.RunAsync("analyze", cancellation);
        }
        catch (NpgsqlException failed)
        {
            throw new TwiBackupException($"{settings} could not be filled: {failed.Message}; it is as it was before.", failed);
        }
    }

    private static async Task FillAsync(
        NpgsqlConnection connection, long messages, ulong seed, IProgressReporter progress, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.RunAsync("set local maintenance_work_mem = '256MB'; set local synchronize_seqscans = off", cancellation);
        var putBack = await SetAside.TakeAsync(connection, cancellation);

        progress.Stage("messages", messages * BytesPerMessage);
        var lexicon = new Lexicon(seed);
        var users = await WriteUsersAsync(connection, lexicon, (int)Math.Clamp(messages / 200, 60, 20_000), seed, cancellation);
        await WriteMessagesAsync(connection, lexicon, users, messages, seed, progress, cancellation);
        await WriteChaptersAsync(connection, lexicon, Math.Max(3, messages / MessagesPerChapter), seed, cancellation);

        progress.Stage("what hangs on messages");
        await connection.RunAsync(BotSchema.Read("fill"), cancellation);

        progress.Stage("indexes and constraints");
        foreach (var statement in putBack) await connection.RunAsync(statement, cancellation);
        await connection.RunAsync("select refresh_activity_views()", cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static async Task<string[]> WriteUsersAsync(
        NpgsqlConnection connection, Lexicon lexicon, int count, ulong seed, CancellationToken cancellation)
    {
        var random = new SplitMix(seed ^ 1);
        var names = new string[count];
        await using var copy = await connection.BeginTextImportAsync(
            "copy users (user_id, username, created_at, bot) from stdin", cancellation);
        var lines = new CopyLines(copy);
        for (var index = 0; index < count; index++)
        {
            names[index] = lexicon.Word(ref random) + lexicon.Word(ref random);
            var id = UserId(index);
            await lines.Add(id).Add(names[index]).Add(Snowflake.TimeOf(id)).Add(index % 50 == 0).EndRowAsync(cancellation);
        }

        await lines.FlushAsync(cancellation);
        return names;
    }

    private static async Task WriteMessagesAsync(
        NpgsqlConnection connection,
        Lexicon lexicon,
        string[] users,
        long count,
        ulong seed,
        IProgressReporter progress,
        CancellationToken cancellation)
    {
        const int Report = 4096;
        var random = new SplitMix(seed ^ 2);
        var first = (long)(Start - Snowflake.Epoch).TotalMilliseconds;
        var step = (long)(End - Start).TotalMilliseconds / count;
        var before = 0L;
        var channels = Enumerable.Range(0, 60).Select(_ => lexicon.Word(ref random) + "-" + lexicon.Word(ref random)).ToArray();
        await using var copy = await connection.BeginTextImportAsync($"copy messages ({MessageColumns}) from stdin", cancellation);
        var lines = new CopyLines(copy);
        for (var index = 0L; index < count; index++)
        {
            // Half the step is jitter, so that ids grow and never meet.
            var id = (first + index * step + random.Below((int)Math.Min(step / 2 + 1, int.MaxValue)) << Snowflake.LowBits)
                | (long)(random.Next() >> 64 - Snowflake.LowBits);
            var user = (int)Math.Pow(users.Length, random.Fraction()) - 1;
            var channel = random.Below(channels.Length) * random.Below(channels.Length) / channels.Length;
            lines.Add(id).Add(Snowflake.TimeOf(id)).Add(lexicon.Text(ref random, Lexicon.ChatLength(ref random))).Add(users[user]);
            if (user % 3 == 0) lines.Add(users[user]);
            else lines.AddNull();
            lines.Add(BotSchema.ServerId).Add("The Stand-in Inn").Add(ChannelId(channel)).Add(channels[channel]).Add(UserId(user))
                .Add($"https://chat.invalid/channels/{BotSchema.ServerId}/{ChannelId(channel)}/{id}").Add(user % 50 == 0);
            if (before != 0 && random.Below(100) < 15) lines.Add(before);
            else lines.AddNull();
            await lines.EndRowAsync(cancellation);
            before = id;
            if (index % Report == Report - 1) progress.Advance(Report * BytesPerMessage);
        }

        await lines.FlushAsync(cancellation);
        progress.Advance(count % Report * BytesPerMessage);
    }

    private static async Task WriteChaptersAsync(
        NpgsqlConnection connection, Lexicon lexicon, long count, ulong seed, CancellationToken cancellation)
    {
        var random = new SplitMix(seed ^ 3);
        await using var copy = await connection.BeginTextImportAsync(
            "copy chapters (title, content, content_plain) from stdin", cancellation);
        var lines = new CopyLines(copy);
        for (var index = 0L; index < count; index++)
        {
            var text = lexicon.Text(ref random, ChapterChars);
            // At a space, so that no character of two halves is cut.
            var plain = text.AsSpan(0, text.LastIndexOf(' ', text.Length / 10));
            await lines.Add($"Chapter {index + 1}").Add(text).Add(plain).EndRowAsync(cancellation);
        }

        await lines.FlushAsync(cancellation);
    }

    private static long UserId(int index) => BotSchema.UserId + ((long)(index + 1) * 6_000_000 << Snowflake.LowBits);

    private static long ChannelId(int index) => BotSchema.ServerId + 100 + index;
}
