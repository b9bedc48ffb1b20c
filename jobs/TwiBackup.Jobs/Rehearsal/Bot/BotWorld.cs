using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>Who writes where: read once at each start.</summary>
internal sealed record BotWorld(IReadOnlyList<(long Id, string Name)> Users, IReadOnlyList<(long Id, string Name)> Channels)
{
    private const int Most = 500;

    public static async Task<BotWorld> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await connection.RunAsync(
            """
            insert into channels (id, guild_id, name, position, created_at)
            select $1 + 10 + n, $1, 'room-' || n, n, '2017-08-15' from generate_series(1, 5) n
            where not exists (select from channels) on conflict do nothing
            """,
            cancellation,
            BotSchema.ServerId);
        return new BotWorld(
            await connection.ListAsync($"select user_id, username from users order by user_id limit {Most}", Read, cancellation),
            await connection.ListAsync($"select id, name from channels order by id limit {Most}", Read, cancellation));
    }

    private static (long Id, string Name) Read(NpgsqlDataReader row) => (row.GetInt64(0), row.IsDBNull(1) ? "" : row.GetString(1));
}
