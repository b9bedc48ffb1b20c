-- The stand-in's tables, once for a new database. Our own writing; the traits that hurt backups are those of the real bot:
-- int4 serials beside snowflakes, tables without keys, sequences nobody owns, names that need quotes, json, tsvector, TOAST.
-- Indexes, late constraints, functions and materialized views stand in startup.sql, which the bot runs at every start.

create table servers (
    server_id bigint primary key,
    serial_id serial unique,
    server_name varchar(100),
    creation_date timestamp
);

create table users (
    user_id bigint primary key,
    serial_id serial unique,
    username varchar(100) not null,
    created_at timestamp not null,
    bot boolean
);

create table channels (
    id bigint primary key,
    guild_id bigint references servers (server_id),
    name varchar(100),
    topic text,
    position integer,
    created_at timestamp,
    deleted boolean not null default false
);

create table messages (
    message_id bigint primary key,
    created_at timestamp not null,
    content varchar,
    user_name varchar(100),
    user_nick varchar(100),
    server_id bigint not null,
    server_name varchar(100) not null,
    channel_id bigint not null,
    channel_name varchar(100),
    user_id bigint,
    jump_url varchar(200) not null,
    is_bot boolean not null,
    deleted boolean not null default false,
    reference bigint
);

create table reactions (
    id serial primary key,
    message_id bigint,
    user_id bigint,
    emoji_id bigint,
    emoji_name varchar(50),
    unicode_emoji varchar(50),
    animated boolean,
    removed boolean not null default false,
    date timestamp,
    constraint reactions_custom_once unique (message_id, user_id, emoji_id),
    constraint reactions_unicode_once unique (message_id, user_id, unicode_emoji)
);

create table attachments (
    id bigint primary key,
    message_id bigint not null,
    filename varchar(250),
    url varchar(500),
    size bigint,
    width integer,
    height integer,
    is_spoiler boolean
);

create table mentions (
    serial_id serial primary key,
    message_id bigint,
    user_mention bigint,
    role_mention bigint
);

create table embeds (
    id serial primary key,
    message_id bigint not null,
    title text,
    description text,
    url text,
    color integer
);

create table embed_fields (
    id serial primary key,
    embed_id integer not null references embeds (id) on delete cascade,
    name text not null,
    value text not null,
    inline boolean,
    field_order smallint
);

create table message_edit (
    serial_id serial primary key,
    id bigint,
    old_content varchar,
    new_content varchar,
    edit_timestamp timestamp
);

create table updates (
    serial_id serial primary key,
    updated_table varchar(50),
    action varchar(50),
    before varchar,
    after varchar,
    date timestamp,
    primary_key varchar(50)
);

create table roles (
    id bigint primary key,
    guild_id bigint references servers (server_id),
    name varchar(100),
    alias varchar(50),
    color varchar(10),
    required_roles bigint[],
    self_assignable boolean,
    unique (guild_id, alias)
);

create table role_membership (
    user_id bigint references users (user_id),
    role_id bigint references roles (id),
    primary key (user_id, role_id)
);

create table server_membership (
    serial_id serial,
    user_id bigint references users (user_id),
    server_id bigint references servers (server_id),
    unique (user_id, server_id)
);

create table thread_membership (
    serial_id bigserial primary key,
    user_id bigint,
    thread_id bigint
);

create table join_leave (
    id serial primary key,
    user_id bigint,
    server_id bigint,
    join_or_leave varchar(5),
    date timestamp
);

create table voice_activity (
    id serial primary key,
    user_id bigint not null,
    guild_id bigint not null,
    channel_id bigint not null references channels (id),
    action varchar(10) not null,
    timestamp timestamp not null
);

create table command_history (
    serial serial primary key,
    command_name text,
    args json,
    start_date timestamp not null,
    end_date timestamp,
    run_time interval,
    user_id bigint not null references users (user_id),
    channel_id bigint references channels (id),
    guild_id bigint references servers (server_id),
    finished_successfully boolean
);

create table bot_metrics (
    id serial primary key,
    metric_type varchar(50) not null,
    metric_data json,
    timestamp timestamp not null
);

create table poll (
    id bigint primary key,
    title varchar(200),
    index_serial integer
);
-- Filled by the bot's own nextval(), so that not even a default ties it to its column.
create sequence poll_index_serial_seq as integer;

create table poll_option (
    option_id bigint primary key,
    poll_id bigint,
    option_text varchar(200),
    num_votes smallint,
    tokens tsvector,
    constraint "option belongs to: poll?" foreign key (poll_id) references poll (id)
);

create table quotes (
    serial_id serial primary key,
    quote text,
    author varchar(100),
    author_id bigint,
    "time" timestamptz,
    tokens tsvector
);

create sequence tags_id_seq as integer;
create table links (
    id integer not null default nextval('tags_id_seq'),
    title varchar(200) unique,
    content text,
    tag varchar(50),
    time_added timestamptz
);

create sequence webhook_pins_serial_id_seq as integer;
create table webhook_pins (
    serial_id integer not null default nextval('webhook_pins_serial_id_seq'),
    message_id bigint,
    webhook_name varchar(100),
    posted timestamp
);

create sequence chapters_serial_id_seq as integer;
create table chapters (
    serial_id integer primary key default nextval('chapters_serial_id_seq'),
    title varchar(200),
    content text,
    content_plain text
);

create sequence patreon_posts_serial_id_seq as integer;
create table patreon_posts (
    serial_id integer not null default nextval('patreon_posts_serial_id_seq'),
    post_id bigint unique,
    password varchar(50),
    body jsonb
);

create sequence "side-stories_serial_id_seq" as integer;
create table side_stories (
    serial_id integer primary key default nextval('"side-stories_serial_id_seq"'),
    line text
);

create table "Server Settings" (
    "guild-id" bigint primary key,
    "Default" text,
    "order" integer
);

create table table_notes (
    table_name text primary key,
    note text not null,
    updated_at timestamptz not null default now()
);

create unlogged table member_cache (
    user_id bigint primary key,
    seen timestamptz not null
);

create table heartbeat (
    id bigint generated always as identity primary key,
    sent_at timestamptz not null
);

insert into servers (server_id, server_name, creation_date) values (346842016480000000, 'The Stand-in Inn', '2017-08-15 00:00:00');
insert into users (user_id, username, created_at, bot) values (346842016480000001, 'Stand-in', '2017-08-15 00:00:00', true);
insert into table_notes values
    ('messages', 'One row a message; deleted ones are kept.', '2017-08-15 00:00:00+00'),
    ('heartbeat', 'One row a beat.', '2017-08-15 00:00:00+00');
insert into "Server Settings" values (346842016480000000, 'calm', 1);
insert into side_stories (line) values ('First there was a chair.'), ('Then there was ‘nobody’ in it – 誰も。');
-- Rows whose message was never saved: legal, for the constraints that come later are NOT VALID.
insert into attachments (id, message_id, filename, url, size)
values (346842016480000002, 346842016480000003, 'orphan.png', 'https://cdn.invalid/orphan.png', 7);
insert into mentions (message_id, user_mention) values (346842016480000003, 346842016480000001);
