-- What follows from the messages: as many rows a message as the bot's load has, chosen by hashes of the id, so that the same
-- messages give the same rows. Runs in the transaction of the fill.

insert into channels (id, guild_id, name, topic, position, created_at)
select distinct on (channel_id) channel_id, server_id, channel_name, 'About ' || channel_name, (channel_id & 63)::integer, '2017-08-15'
from messages order by channel_id, message_id;

insert into reactions (message_id, user_id, emoji_id, emoji_name, unicode_emoji, animated, removed, date)
select m.message_id, u.user_id,
       case when h & 1 = 0 then 400000000000000000 + (h & 255) end,
       case when h & 1 = 0 then 'emote_' || (h & 255) end,
       case when h & 1 = 1 then (array['👍', '❤️', '😂', '😭', '🎉', '👀'])[1 + (h >> 8 & 1023) % 6] end,
       case when h & 1 = 0 then h & 2 = 2 end,
       h & 127 = 0,
       m.created_at + (h >> 20 & 65535) * interval '1 second'
from (select message_id, created_at, hashint8extended(message_id, 1) as g from messages) m
cross join lateral generate_series(0, (m.g >> 10 & 3)) as n (nth)
cross join lateral (select hashint8extended(m.message_id, 10 + nth) as h) each
join users u on u.serial_id = 2 + ((m.g >> 12 & 1048575) + nth) % (select count(*) - 1 from users)
where m.g & 1023 < 246;

insert into attachments (id, message_id, filename, url, size, width, height, is_spoiler)
select message_id + 1, message_id, 'image_' || (h >> 20 & 65535) || '.png',
       'https://cdn.invalid/attachments/' || channel_id || '/' || message_id
           || '/image.png?ex=' || to_hex(h) || '&hm=' || md5(message_id::text),
       h >> 30 & 4194303, h >> 40 & 2047, h >> 42 & 2047, h & 64 = 64
from (select *, hashint8extended(message_id, 2) as h from messages) m where h & 1023 < 102;

insert into mentions (message_id, user_mention)
select message_id, user_id from (select *, hashint8extended(message_id, 3) as h from messages) m where h & 1023 < 154;

insert into embeds (message_id, title, description, url, color)
select message_id, left(content, 60), content, jump_url, (h >> 20 & 16777215)::integer
from (select *, hashint8extended(message_id, 4) as h from messages) m where h & 1023 < 102;

insert into embed_fields (embed_id, name, value, inline, field_order)
select id, 'Field ' || (id & 7), left(description, 100), id & 1 = 1, 0 from embeds;

insert into message_edit (id, old_content, new_content, edit_timestamp)
select message_id, left(content, -3), content, created_at + interval '40 seconds'
from (select *, hashint8extended(message_id, 5) as h from messages) m where h & 1023 < 51;

insert into updates (updated_table, action, before, after, date, primary_key)
select 'channels', 'update', channel_name, channel_name || '-new', created_at, channel_id
from (select *, hashint8extended(message_id, 6) as h from messages) m where h & 1023 < 20;

insert into command_history (command_name, args, start_date, end_date, run_time, user_id, channel_id, guild_id, finished_successfully)
select 'command' || (h >> 20 & 31), json_build_object('query', left(content, 40), 'page', h >> 30 & 7),
       created_at, created_at + ran, ran, user_id, channel_id, server_id, h & 4095 <> 0
from (select *, hashint8extended(message_id, 7) as h from messages) m
cross join lateral (select (h >> 40 & 4095) * interval '1 millisecond' as ran) r where h & 1023 < 31;

insert into join_leave (user_id, server_id, join_or_leave, date)
select user_id, server_id, case when h & 4096 = 0 then 'join' else 'leave' end, created_at
from (select *, hashint8extended(message_id, 8) as h from messages) m where h & 1023 < 10;

insert into voice_activity (user_id, guild_id, channel_id, action, timestamp)
select user_id, server_id, channel_id, case when h & 4096 = 0 then 'join' else 'leave' end, created_at
from (select *, hashint8extended(message_id, 9) as h from messages) m where h & 1023 < 51;

insert into thread_membership (user_id, thread_id)
select user_id, message_id from (select *, hashint8extended(message_id, 20) as h from messages) m where h & 1023 < 10;

insert into roles (id, guild_id, name, alias, color, required_roles, self_assignable)
select 350000000000000000 + n, (select min(server_id) from servers), 'Role "' || n || '"', 'r' || n,
       '#' || lpad(to_hex(n * 40503 & 16777215), 6, '0'),
       case when n > 3 then array[350000000000000000 + n - 1, 350000000000000000 + n - 3] end, n & 1 = 0
from generate_series(1, 40) n;

insert into role_membership (user_id, role_id)
select user_id, 350000000000000001 + serial_id % 40 from users order by user_id;

insert into server_membership (user_id, server_id)
select user_id, (select min(server_id) from servers) from users order by user_id;

insert into quotes (quote, author, author_id, "time", tokens)
select content, user_name, user_id, created_at at time zone 'UTC', tokens_of(content)
from (select *, hashint8extended(message_id, 21) as h from messages) m where h & 8191 < 8;

insert into links (title, content, tag, time_added)
select 'link ' || message_id, jump_url, channel_name, created_at at time zone 'UTC'
from (select *, hashint8extended(message_id, 22) as h from messages) m where h & 8191 < 4;

insert into webhook_pins (message_id, webhook_name, posted)
select message_id, user_name, created_at from (select *, hashint8extended(message_id, 23) as h from messages) m where h & 8191 < 4;

insert into poll (id, title, index_serial)
select message_id, left(content, 100), nextval('poll_index_serial_seq')
from (select *, hashint8extended(message_id, 24) as h from messages) m where h & 8191 < 4;

insert into poll_option (option_id, poll_id, option_text, num_votes, tokens)
select id + n, id, title || ' ' || n, (id >> 30 & 255)::smallint, tokens_of(title || ' ' || n)
from poll cross join generate_series(1, 4) n;

insert into patreon_posts (post_id, password, body)
select message_id, md5(message_id::text),
       jsonb_build_object('title', left(content, 50), 'words', string_to_array(content, ' '), 'likes', h & 1023)
from (select *, hashint8extended(message_id, 25) as h from messages) m where h & 8191 < 4;

insert into member_cache (user_id, seen) select user_id, created_at at time zone 'UTC' from users on conflict do nothing;

-- Every message tries to insert its author, and burns a number.
select setval('users_serial_id_seq', greatest((select max(serial_id) from users), (select count(*) from messages)));
