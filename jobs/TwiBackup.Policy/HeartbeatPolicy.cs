namespace TwiBackup.Policy;

/// <summary>A table whose newest time shows how new a restored database is.</summary>
public sealed record HeartbeatPolicy
{
    /// <summary>The table, with its schema if it has one, e.g. <c>public.messages</c>.</summary>
    public string Table { get; init; } = "twibackup.heartbeat";

    /// <summary>The column of type timestamp (UTC) or timestamptz that is looked at.</summary>
    public string Column { get; init; } = "at";

    /// <summary>How often the jobs write a row. Null: the application writes it by itself, the jobs only read.</summary>
    public TimeSpan? Interval { get; init; }
}
