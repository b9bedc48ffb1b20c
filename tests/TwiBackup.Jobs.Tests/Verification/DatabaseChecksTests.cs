using TwiBackup.Postgres;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Verification;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Rehearsal.Bot;

namespace TwiBackup.Tests.Verification;

public sealed class DatabaseChecksTests : IClassFixture<SharedBotDatabase>
{
    private readonly BotDatabase _database;

    public DatabaseChecksTests(SharedBotDatabase shared) => _database = shared.Database;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_stand_in_passes_with_its_orphans_under_keys_that_are_not_valid()
    {
        var checks = await RunAsync(_database.Superuser);
        Assert.All(checks, check => Assert.True(check.Passed, check.ToString()));
        var keys = checks.Single(check => check.Name == "foreign keys");
        Assert.Contains("attachments_message_fk NOT VALID with 1 orphans", keys.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_expectations_any_key_may_be_not_valid_and_untied_sequences_are_named()
    {
        await using var connection = await _database.OpenAsync();
        var checks = await DatabaseChecks.RunAsync(connection, cancellation: Cancel);
        Assert.All(checks, check => Assert.True(check.Passed, check.ToString()));
        Assert.Contains(
            checks, check => check.Detail.Contains("of no known column: public.poll_index_serial_seq", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("owners", "alter table quotes owner to postgres", "quotes")]
    [InlineData("owners", "alter function last_message_at owner to postgres", "last_message_at")]
    [InlineData("owners", "alter sequence tags_id_seq owner to postgres", "tags_id_seq")]
    [InlineData("owners", "alter materialized view daily_members owner to postgres", "daily_members")]
    [InlineData("owners", "alter database broken owner to postgres", "database broken")]
    [InlineData(
        "indexes are valid", "update pg_index set indisvalid = false where indexrelid = 'quotes_tokens'::regclass", "quotes_tokens")]
    [InlineData("triggers are enabled", "alter table table_notes disable trigger user", "table_notes_touch on table_notes")]
    [InlineData("materialized views are populated", "refresh materialized view channel_hours with no data", "channel_hours")]
    [InlineData("check constraints are validated", "alter table poll add constraint later check (id > 0) not valid", "later")]
    [InlineData("sequences are not behind", "insert into users values (5, 99, 'x', now(), false)", "users_serial_id_seq at 1, public.users.serial_id at 99")]
    [InlineData("sequences are not behind", "insert into links values (7, 'x')", "tags_id_seq at 0")]
    [InlineData("sequences are not behind", "insert into side_stories values (70, 'x')", "\"side-stories_serial_id_seq\" at 2")]
    [InlineData(
        "sequences are not behind", "insert into poll values (1, 'x', 3)", "poll_index_serial_seq at 0, public.poll.index_serial at 3")]
    [InlineData("sequences are not behind", "drop sequence poll_index_serial_seq", "poll_index_serial_seq is missing")]
    [InlineData("sequences have room", "select setval('reactions_id_seq', 2000000000)", "reactions_id_seq at 2000000000")]
    [InlineData("foreign keys", "set session_replication_role = replica; insert into role_membership values (1, 2)", "role_membership_role_id_fkey is validated and has 1 orphans")]
    [InlineData("foreign keys", "delete from attachments", "attachments_message_fk has 0 orphans instead of 1")]
    [InlineData("foreign keys", "alter table mentions drop constraint mentions_message_fk", "mentions_message_fk is missing")]
    [InlineData("foreign keys", "alter table join_leave add constraint extra foreign key (user_id) references users not valid", "extra is not validated")]
    [InlineData("open for writing", "alter database broken set default_transaction_read_only = on", "read only")]
    public async Task What_is_broken_is_found_and_named(string check, string damage, string named)
    {
        var broken = await _database.CopyAsync("broken");
        await TestPostgres.ExecuteAsync(broken, damage);
        var found = await RunAsync(broken);
        var failed = Assert.Single(found, one => !one.Passed);
        Assert.Equal(check, failed.Name);
        Assert.Contains(named, failed.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("messages agree with their ids", "insert into messages (message_id, created_at, server_id, server_name, channel_id, jump_url, is_bot) values (1, now(), 346842016480000000, 'x', 1, 'x', false)")]
    [InlineData("the bot can work", "alter index quotes_tokens rename to other; alter table quotes owner to postgres; grant select on quotes to cognita_bot")]
    public async Task What_only_the_bot_notices_is_found(string check, string damage)
    {
        var broken = await _database.CopyAsync("broken");
        await TestPostgres.ExecuteAsync(broken, damage);
        await using var bot = await _database.OpenAsync(_database.Bot with { Database = broken.Database });
        Assert.Contains(await BotChecks.RunAsync(bot, cancellation: Cancel), one => one.Name == check && !one.Passed);
    }

    [Fact]
    public async Task What_may_not_be_read_fails_its_check_and_stops_no_other()
    {
        var broken = await _database.CopyAsync("broken");
        await TestPostgres.ExecuteAsync(broken, "alter table quotes owner to postgres");
        await using var bot = await _database.OpenAsync(_database.Bot with { Database = broken.Database });
        var checks = await DatabaseChecks.RunAsync(bot, BotChecks.Expectations(), Cancel);
        var failed = checks.Where(check => !check.Passed).Select(check => check.Name);
        Assert.Equal(["owners", "sequences are not behind", "sequences have room"], failed);
        Assert.Contains(checks, check => check.Detail.StartsWith("could not be asked: permission denied", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_role_that_does_not_exist_owns_nothing()
    {
        await using var connection = await _database.OpenAsync();
        var checks = await DatabaseChecks.RunAsync(connection, BotChecks.Expectations("nobody"), Cancel);
        Assert.False(checks.Single(check => check.Name == "owners").Passed);
    }

    private static async Task<IReadOnlyList<Check>> RunAsync(ConnectionSettings settings)
    {
        await using var connection = await TestPostgres.OpenAsync(settings);
        return await DatabaseChecks.RunAsync(connection, BotChecks.Expectations(), Cancel);
    }
}
