using TwiBackup.Postgres;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Rehearsal.Bot;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Verification.Live;

public sealed class SchemaFingerprintTests(SharedBotDatabase shared) : IClassFixture<SharedBotDatabase>
{
    private BotDatabase Bot => shared.Database;

    private static CancellationToken Cancellation => LiveSystem.Cancellation;

    [Fact]
    public async Task A_dump_and_restore_brings_the_same_schema_back()
    {
        var before = await TakeAsync(Bot.Superuser);
        await Bot.Server.ExecuteAsync("postgres", "drop database if exists restored", "create database restored owner cognita_bot template template0");
        using var access = ToolEnvironment.For(Bot.Superuser, TestEnvironment.Account);
        await using var dump = ChildProcess.Start(new ChildProcessOptions
        {
            Program = TestEnvironment.Installation.Tool("pg_dump"), Arguments = ["--schema-only"], Environment = access.Variables, Account = TestEnvironment.Account,
        });
        using var there = ToolEnvironment.For(Bot.Superuser with { Database = "restored" }, TestEnvironment.Account);
        var restore = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = TestEnvironment.Installation.Tool("psql"), Arguments = ["-qX", "-v", "ON_ERROR_STOP=1"], Environment = there.Variables,
                Account = TestEnvironment.Account, Input = dump.StandardOutput,
            },
            Cancellation);
        restore.ThrowIfFailed("psql", restore.ErrorOutput);
        var after = await TakeAsync(Bot.Superuser with { Database = "restored" });
        Assert.Equal(before.Hash, after.Hash);
        Assert.Equal(before.Counts, after.Counts);
    }

    [Theory]
    [InlineData("alter table quotes add column x integer")]
    [InlineData("alter table quotes alter column quote set not null")]
    [InlineData("alter table quotes alter column quote type varchar(4000)")]
    [InlineData("alter table quotes alter column quote set default 'x'")]
    [InlineData("drop index quotes_tokens")]
    [InlineData("alter table mentions drop constraint mentions_message_fk")]
    [InlineData("alter table table_notes disable trigger table_notes_touch; drop trigger table_notes_touch on table_notes")]
    [InlineData("create or replace function last_message_at(channel bigint) returns timestamp language sql stable as 'select null::timestamp'")]
    [InlineData("drop materialized view daily_members")]
    [InlineData("alter sequence tags_id_seq maxvalue 1000")]
    [InlineData("create type mood as enum ('good', 'bad')")]
    [InlineData("create table extra (id integer)")]
    [InlineData("alter table member_cache set logged")]
    public async Task Every_change_of_the_schema_changes_it(string change)
    {
        var copy = await Bot.CopyAsync("changed");
        var before = await TakeAsync(copy);
        await TestPostgres.ExecuteAsync(copy, change);
        Assert.NotEqual(before.Hash, (await TakeAsync(copy)).Hash);
    }

    [Fact]
    public async Task Rows_owners_and_the_asking_roles_search_path_do_not()
    {
        var copy = await Bot.CopyAsync("changed");
        var before = await TakeAsync(copy);
        await TestPostgres.ExecuteAsync(
            copy, "insert into users values (5, 99, 'x', now(), false)", "alter table quotes owner to postgres", "alter database changed set search_path = public, pg_catalog");
        Assert.Equal(before.Hash, (await TakeAsync(copy)).Hash);
    }

    private static async Task<SchemaFingerprint> TakeAsync(ConnectionSettings settings)
    {
        await using var connection = await TestPostgres.OpenAsync(settings);
        return await SchemaFingerprint.TakeAsync(connection, Cancellation);
    }
}
