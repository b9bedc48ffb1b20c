#!/bin/bash
# Runs once, when PostgreSQL's image makes the cluster: the bot's database and role, and the role that backs it up.
# Passwords come by the environment and never stand on a command line.
set -euo pipefail

psql --username "$POSTGRES_USER" --dbname postgres --no-psqlrc --quiet --set ON_ERROR_STOP=1 <<'SQL'
\set backup_role `printenv BACKUP_ROLE`
\set backup_password `printenv TWIBACKUP_DB_PASSWORD`
\set bot_role `printenv BOT_ROLE`
\set bot_password `printenv TWIBACKUP_BOT_PASSWORD`
\set bot_database `printenv BOT_DATABASE`
create role :"backup_role" login replication password :'backup_password';
grant pg_monitor to :"backup_role";
select format('grant pg_read_all_data to %I', :'backup_role') where current_setting('server_version_num')::int >= 140000 \gexec
create role :"bot_role" login password :'bot_password';
create database :"bot_database" owner :"bot_role";
\connect :"bot_database"
grant execute on function pg_create_restore_point(text) to :"backup_role";
SQL

# "all" in pg_hba.conf doesn't mean replication.
printf 'host replication %s all scram-sha-256\n' "$BACKUP_ROLE" >> "$PGDATA/pg_hba.conf"
