using Npgsql;
using TwiBackup.Postgres;
using TwiBackup.Verification;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>Whether the stand-in's database is whole and the bot can work on it.</summary>
public static class BotChecks
{
    /// <summary>What is known of the stand-in's database beyond its catalog.</summary>
    public static DatabaseExpectations Expectations(string role = BotSchema.DefaultRole) => new()
    {
        Owner = role,
        SequenceColumns = new Dictionary<string, (string Table, string Column)>
        {
            ["public.poll_index_serial_seq"] = ("public.poll", "index_serial"),
        },
        Orphans = new Dictionary<string, long> { ["attachments_message_fk"] = 1, ["mentions_message_fk"] = 1 },
    };

    /// <summary>All of <see cref="DatabaseChecks"/>, and what only the bot's own tables can tell. Changes nothing.</summary>
    /// <param name="connection">As the bot's role: that it can work is part of the question.</param>
    /// <param name="role">The bot's role.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<IReadOnlyList<Check>> RunAsync(
        NpgsqlConnection connection, string role = BotSchema.DefaultRole, CancellationToken cancellation = default)
    {
        var checks = new List<Check>(await DatabaseChecks.RunAsync(connection, Expectations(role), cancellation));
        checks.Add(await SnowflakesAsync(connection, cancellation));
        checks.Add(await BotCanWorkAsync(connection, cancellation));
        return checks;
    }

    // A message's id holds its time, so that a row that was mixed up or bent shows without anything to compare it with.
    private static async Task<Check> SnowflakesAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        const string Name = "messages agree with their ids";
        const string Wrong =
            """
            select count(*) from messages
            where created_at not between snowflake_time(message_id) - interval '1 s' and snowflake_time(message_id) + interval '1 s'
            """;
        try
        {
            var wrong = await connection.AskAsync<long>(Wrong, cancellation);
            return new Check(Name, wrong == 0, $"{wrong} messages are of another time than their id");
        }
        catch (PostgresException refused)
        {
            return new Check(Name, false, $"could not be asked: {refused.MessageText}");
        }
    }

    private static async Task<Check> BotCanWorkAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        const string Name = "the bot can work";
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        try
        {
            await connection.RunAsync(BotSchema.Read("startup"), cancellation);
            await connection.RunAsync(BotStatements.Refresh, cancellation);
            await connection.RunAsync("insert into heartbeat (sent_at) values (now())", cancellation);
            await connection.RunAsync("create table may_i_create (id integer)", cancellation);
            return new Check(Name, true, "ran its start, refreshed its views, wrote and created, all undone");
        }
        catch (PostgresException refused)
        {
            return new Check(Name, false, refused.MessageText);
        }
        finally
        {
            await transaction.RollbackAsync(CancellationToken.None);
        }
    }
}
