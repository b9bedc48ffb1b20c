namespace TwiBackup.Rehearsal.Bot;

/// <summary>The statements of the bot's load.</summary>
internal static class BotStatements
{
    public const string Started =
        "insert into bot_metrics (metric_type, metric_data, timestamp) values ('startup_time', $1::json, now() at time zone 'UTC')";

    public const string Refresh = "select refresh_activity_views()";

    // Mostly does nothing, and burns a number of the serial each time.
    public const string User =
        "insert into users (user_id, username, created_at, bot) values ($1, $2, $3, false) on conflict (user_id) do nothing";

    public const string Message =
        """
        insert into messages
            (message_id, created_at, content, user_name, server_id, server_name, channel_id, channel_name, user_id,
             jump_url, is_bot, reference)
        values ($1, $2, $3, $4, $5, 'The Stand-in Inn', $6, $7, $8, $9, $10, $11)
        """;

    public const string Attachment =
        """
        insert into attachments (id, message_id, filename, url, size, width, height, is_spoiler)
        values ($1, $2, $3, 'https://cdn.invalid/' || $1 || '/' || $3, $4, 1280, 720, false)
        """;

    public const string Mention = "insert into mentions (message_id, user_mention) values ($1, $2)";

    public const string Embed =
        """
        with made as (
            insert into embeds (message_id, title, description, url, color)
            values ($1, $2, $3, 'https://chat.invalid/' || $1, 65280) returning id)
        insert into embed_fields (embed_id, name, value, inline, field_order) select id, $2, left($3, 100), true, 0 from made
        """;

    public const string EmbedGone = "delete from embeds where message_id = $1";

    public const string Reaction =
        """
        insert into reactions (message_id, user_id, unicode_emoji, date) values ($1, $2, $3, $4)
        on conflict on constraint reactions_unicode_once do update set removed = false, date = excluded.date
        """;

    public const string ReactionGone = "update reactions set removed = true where message_id = $1";

    public const string Edit =
        """
        with old as (select message_id, content from messages where message_id = $1),
             kept as (insert into message_edit (id, old_content, new_content, edit_timestamp) select message_id, content, $2, $3 from old)
        update messages set content = $2 where message_id = $1
        """;

    public const string MessageGone = "update messages set deleted = true where message_id = $1";

    public const string Update =
        "insert into updates (updated_table, action, before, after, date, primary_key) "
        + "values ('channels', 'update', $1, $2, $3, $4::bigint::text)";

    public const string Command =
        """
        insert into command_history (command_name, args, start_date, user_id, channel_id, guild_id)
        values ($1, $2::json, $3, $4, $5, $6) returning serial
        """;

    public const string CommandDone =
        """
        update command_history set run_time = $2::interval, end_date = start_date + $2::interval, finished_successfully = true
        where serial = $1
        """;

    public const string Join = "insert into join_leave (user_id, server_id, join_or_leave, date) values ($1, $2, $3, $4)";

    public const string Voice = "insert into voice_activity (user_id, guild_id, channel_id, action, timestamp) values ($1, $2, $3, $4, $5)";

    public const string Thread = "insert into thread_membership (user_id, thread_id) values ($1, $2)";

    public const string ThreadGone = "delete from thread_membership where serial_id = (select min(serial_id) from thread_membership)";

    public const string Quote = "insert into quotes (quote, author, author_id, \"time\", tokens) values ($1, $2, $3, now(), tokens_of($1))";

    public const string Link = "insert into links (title, content, tag, time_added) values ($1, $2, 'found', now())";

    public const string Pin = "insert into webhook_pins (message_id, webhook_name, posted) values ($1, $2, now() at time zone 'UTC')";

    public const string Patreon =
        "insert into patreon_posts (post_id, password, body) "
        + "values ($1, md5($1::bigint::text), jsonb_build_object('words', string_to_array($2::text, ' ')))";

    public const string Poll = "insert into poll (id, title, index_serial) values ($1, $2, nextval('poll_index_serial_seq'))";

    public const string PollOption =
        "insert into poll_option (option_id, poll_id, option_text, num_votes, tokens) values ($1, $2, $3, 0, tokens_of($3))";

    public const string Note = "update table_notes set note = $1 where table_name = 'messages'";

    public const string Seen =
        "insert into member_cache (user_id, seen) values ($1, now()) on conflict (user_id) do update set seen = excluded.seen";
}
