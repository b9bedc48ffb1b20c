namespace TwiBackup.Postgres.Replication;

/// <summary>What the server told while the connection was opened.</summary>
internal sealed class Session
{
    public int BackendProcessId { get; set; }

    /// <summary>Parameter statuses, e.g. server_version.</summary>
    public Dictionary<string, string> Parameters { get; } = new(StringComparer.Ordinal);

    public List<string> Notices { get; } = [];
}
