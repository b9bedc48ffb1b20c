namespace TwiBackup.Postgres.Replication;

/// <summary>An ErrorResponse of the server
/// (<see href="https://www.postgresql.org/docs/current/protocol-error-fields.html">fields</see>).</summary>
/// <param name="sqlState">The five-character SQLSTATE.</param>
/// <param name="message">The server's primary message, in one line.</param>
/// <param name="remedy">What to do, a sentence; null when nothing better is known than what the server says.</param>
public sealed class PostgresErrorException(string sqlState, string message, string? remedy = null)
    : TwiBackupException($"PostgreSQL says: {message} ({sqlState}).{(remedy is null ? "" : " " + remedy)}")
{
    /// <summary>The five-character SQLSTATE.</summary>
    public string SqlState { get; } = sqlState;

    /// <summary>The server's message without our words.</summary>
    public string ServerMessage { get; } = message;
}
