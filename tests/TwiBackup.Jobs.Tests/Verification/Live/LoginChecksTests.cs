using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Rehearsal.Bot;
using TwiBackup.Verification;
using TwiBackup.Verification.Live;

namespace TwiBackup.Tests.Verification.Live;

public sealed class LoginChecksTests(SharedBotDatabase shared) : IClassFixture<SharedBotDatabase>
{
    private const string Section = """
        { "environment": { "file": "DIR/.env" },
          "login": { "url": "DATABASE_URL", "host": "HOST|PGHOST", "port": "PGPORT", "user": "DB_USER", "password": "DB_PASSWORD", "database": "DATABASE",
                     "writes": ["public.messages", "public.webhook_pins", "public.heartbeat"], "creates": "public", "calls": ["public.refresh_activity_views"] } }
        """;

    private BotDatabase Bot => shared.Database;

    [Fact]
    public async Task The_bots_own_password_lets_it_work_and_nothing_is_left_of_it()
    {
        var copy = (await Bot.CopyAsync("login")).Database;
        await TestPostgres.ExecuteAsync(Bot.Superuser with { Database = copy }, "insert into webhook_pins (message_id) values (1)", "insert into heartbeat (sent_at) values (now())");
        await using var system = new LiveSystem();
        system.Write(".env", $"PGHOST=127.0.0.1\nPGPORT={Bot.Server.Port}\nDB_USER=cognita_bot\nDB_PASSWORD='{BotDatabase.Password}'\nDATABASE={copy}\n");
        var before = await StateAsync(copy);
        var record = await system.AskAsync(Section, "login");
        LiveSystem.Passed(record);
        Assert.Equal(["login/connect", "login/reads-and-writes", "login/creates", "login/calls"], record.Checks.Select(check => check.Name));
        Assert.EndsWith("over TCP", record.Checks[0].Detail, StringComparison.Ordinal);
        Assert.Equal(before, await StateAsync(copy));
        NothingSecret(record);
    }

    [Theory]
    [InlineData("postgresql+asyncpg", "")]
    [InlineData("postgres", ":1")]
    public async Task A_URL_goes_before_the_parts_and_the_port_is_the_one_that_counts(string scheme, string port)
    {
        await using var system = new LiveSystem();
        system.Write(".env", $"DATABASE_URL={scheme}://cognita_bot:{Uri.EscapeDataString(BotDatabase.Password)}@127.0.0.1{port}/cognita\nPGHOST=nowhere\nPGPORT={Bot.Server.Port}\n");
        LiveSystem.Passed(await system.AskAsync(Section, "login/connect"));
    }

    [Theory]
    [InlineData("login/connect", "DB_PASSWORD=S3cret-wrong", "select 1", "refused the password")]
    [InlineData("login/connect", "DB_USER=", "select 1", "does not say the user that it logs in to: DB_USER is missing or empty")]
    [InlineData("login/reads-and-writes", "", "revoke insert on messages from cognita_bot; alter table messages owner to postgres; grant select on messages to cognita_bot", "public.messages: permission denied for table messages")]
    [InlineData("login/reads-and-writes", "", "drop table webhook_pins", "public.webhook_pins is not there")]
    [InlineData("login/creates", "", "alter database login owner to postgres; alter schema public owner to postgres; revoke create on schema public from public, cognita_bot", "permission denied for schema public")]
    [InlineData("login/calls", "", "alter materialized view daily_members owner to postgres", "must be owner of materialized view daily_members")]
    public async Task What_keeps_the_bot_from_working_is_found(string check, string variable, string damage, string named)
    {
        var copy = await Bot.CopyAsync("login");
        await TestPostgres.ExecuteAsync(copy, damage);
        await using var system = new LiveSystem();
        system.Write(".env", $"PGHOST=127.0.0.1\nPGPORT={Bot.Server.Port}\nDB_USER=cognita_bot\nDB_PASSWORD='{BotDatabase.Password}'\nDATABASE=login\n{variable}\n");
        var record = await system.AskAsync(Section, check);
        Assert.Contains(named, LiveSystem.Failed(record).Detail, StringComparison.Ordinal);
        NothingSecret(record);
    }

    [Fact]
    public void Without_a_port_of_its_own_variable_it_is_5432_whatever_the_URL_says()
    {
        var variables = VariablesFile.Parse("U=postgres://a:b@h:6000/d");
        Assert.Equal(5432, LoginChecks.Settings(new() { Url = "U", Port = "PGPORT" }, variables).Port);
        Assert.Equal(6000, LoginChecks.Settings(new() { Url = "U" }, variables).Port);
    }

    private Task<string> StateAsync(string database) => Bot.Server.ScalarAsync(
        """
        select concat((select count(*) from pg_class), ' ', (select count(*) from messages), ' ', (select count(*) from webhook_pins), ' ',
                      (select count(*) from heartbeat), ' ', (select string_agg(relfilenode::text, ',' order by oid) from pg_class where relkind = 'm'))
        """,
        database);

    private static void NothingSecret(VerificationRecord record) => Assert.DoesNotContain(
        record.Checks, check => check.Detail.Contains("S3cret", StringComparison.Ordinal) || check.Detail.Contains(BotDatabase.Password, StringComparison.Ordinal));
}
