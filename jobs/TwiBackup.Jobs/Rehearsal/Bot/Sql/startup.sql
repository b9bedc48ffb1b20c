-- What the bot runs at every start, as one transaction: nothing changes when all is there already, and all of it needs to be the
-- owner, so that a restored database with the wrong owners is found out at once.

alter table messages set (autovacuum_vacuum_scale_factor = 0.05);

create index if not exists messages_created on messages (created_at);
create index if not exists messages_newest on messages (created_at desc);
create index if not exists messages_user on messages (user_id);
create index if not exists messages_author on messages (user_id);
create index if not exists messages_user_created on messages (user_id, created_at);
create index if not exists messages_channel on messages (channel_id);
create index if not exists messages_channel_created on messages (channel_id, created_at desc);
create index if not exists messages_channel_user on messages (channel_id, user_id);
create index if not exists messages_server on messages (server_id);
create index if not exists messages_server_created on messages (server_id, created_at);
create index if not exists messages_server_user_created on messages (server_id, user_id, created_at);
create index if not exists messages_server_channel_created on messages (server_id, channel_id, created_at);
create index if not exists messages_user_name on messages (user_name);
create index if not exists messages_user_folded on messages (lower(user_name));
create index if not exists messages_reference on messages (reference) where reference is not null;
create index if not exists messages_gone on messages (message_id) where deleted;
create index if not exists reactions_message on reactions (message_id);
create index if not exists reactions_user on reactions (user_id);
create index if not exists reactions_date on reactions (date);
create index if not exists reactions_emoji on reactions (emoji_name) where not removed;
create index if not exists attachments_message on attachments (message_id);
create index if not exists mentions_message on mentions (message_id);
create index if not exists mentions_user on mentions (user_mention);
create index if not exists embeds_message on embeds (message_id);
create index if not exists embed_fields_embed on embed_fields (embed_id);
create index if not exists message_edit_message on message_edit (id);
create index if not exists join_leave_user on join_leave (user_id, date);
create index if not exists voice_activity_user on voice_activity (user_id, timestamp);
create index if not exists command_history_user on command_history (user_id, start_date);
create index if not exists bot_metrics_type on bot_metrics (metric_type, timestamp desc);
create index if not exists poll_option_tokens on poll_option using gin (tokens);
create index if not exists quotes_tokens on quotes using gin (tokens);
create index if not exists patreon_posts_body on patreon_posts using gin (body jsonb_path_ops);

do $$
begin
    if not exists (select from pg_constraint where conname = 'messages_server_fk') then
        alter table messages add constraint messages_server_fk foreign key (server_id) references servers (server_id);
    end if;
    if not exists (select from pg_constraint where conname = 'messages_user_fk') then
        alter table messages add constraint messages_user_fk foreign key (user_id) references users (user_id);
    end if;
    if not exists (select from pg_constraint where conname = 'attachments_message_fk') then
        alter table attachments add constraint attachments_message_fk foreign key (message_id) references messages (message_id) not valid;
    end if;
    if not exists (select from pg_constraint where conname = 'mentions_message_fk') then
        alter table mentions add constraint mentions_message_fk foreign key (message_id) references messages (message_id) not valid;
    end if;
end
$$;

create or replace function snowflake_time(id bigint) returns timestamp language sql immutable as
$$ select timestamp '2015-01-01' + (id >> 22) * interval '1 millisecond' $$;

create or replace function last_message_at(channel bigint) returns timestamp language sql stable as
$$ select max(created_at) from messages where channel_id = channel $$;

create or replace function commands_between(since timestamp, until timestamp)
returns table (command text, runs bigint, longest interval) language sql stable as
$$ select command_name, count(*), max(run_time) from command_history where start_date >= since and start_date < until group by 1 $$;

create or replace function tokens_of(words text) returns tsvector language sql immutable as
$$ select to_tsvector('pg_catalog.english', words) $$;

create or replace function touch_updated_at() returns trigger language plpgsql as
$$ begin new.updated_at := clock_timestamp(); return new; end $$;

create or replace trigger table_notes_touch before update on table_notes for each row execute function touch_updated_at();

create materialized view if not exists user_activity as
select user_id, count(*) as messages, max(created_at) as latest
from messages where created_at > now() - interval '30 days' group by user_id;

create materialized view if not exists channel_hours as
select channel_id, extract(hour from created_at) as hour, count(*) as messages
from messages where created_at > now() - interval '7 days' group by 1, 2;

create materialized view if not exists daily_messages as
select created_at::date as day, count(*) as messages from messages where created_at > now() - interval '1 year' group by 1;

create materialized view if not exists daily_members as
select date::date as day, count(*) filter (where join_or_leave = 'join') as joined, count(*) filter (where join_or_leave = 'leave') as gone
from join_leave where date > now() - interval '1 year' group by 1;

create or replace function refresh_activity_views() returns void language plpgsql as
$$
begin
    refresh materialized view user_activity;
    refresh materialized view channel_hours;
    refresh materialized view daily_messages;
    refresh materialized view daily_members;
end
$$;
