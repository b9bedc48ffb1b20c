using Npgsql;

namespace TwiBackup.Postgres;

/// <summary>
/// Short forms of asking PostgreSQL. Parameters are <c>$1</c>, <c>$2</c>, …; a null takes the type that the statement gives it.
/// </summary>
internal static class Sql
{
    public static async Task<int> RunAsync(
        this NpgsqlConnection connection, string statement, CancellationToken cancellation, params object?[] values)
    {
        await using var command = connection.Make(statement, values);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    public static async Task<T?> AskAsync<T>(
        this NpgsqlConnection connection, string query, CancellationToken cancellation, params object?[] values)
    {
        await using var command = connection.Make(query, values);
        return await command.ExecuteScalarAsync(cancellation) switch
        {
            T found => found,
            null or DBNull => default,
            var other => throw new InvalidCastException($"The query's answer is {other.GetType().Name}, not {typeof(T).Name}: {query}"),
        };
    }

    public static async Task<List<T>> ListAsync<T>(
        this NpgsqlConnection connection,
        string query,
        Func<NpgsqlDataReader, T> read,
        CancellationToken cancellation,
        params object?[] values)
    {
        var found = new List<T>();
        await using var command = connection.Make(query, values);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) found.Add(read(reader));
        return found;
    }

    /// <summary>A name as PostgreSQL reads it back unchanged.</summary>
    public static string Name(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A string constant; the server has standard_conforming_strings on, as since 9.1.</summary>
    public static string Text(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    private static NpgsqlCommand Make(this NpgsqlConnection connection, string statement, object?[] values)
    {
        var command = new NpgsqlCommand(statement, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }
}
