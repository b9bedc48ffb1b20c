using System.Text.Json;
using System.Text.Json.Serialization;
using TwiBackup.Wal;

namespace TwiBackup.Scheduling;

/// <summary>
/// What a receiver tells its scheduler, one line of JSON on standard output: something that happened, or how it stands.
/// </summary>
internal sealed record ReceiverLine
{
    /// <summary>A <see cref="WalEventKind"/>; null: this is how it stands.</summary>
    public string? Event { get; init; }

    public string? Message { get; init; }

    public bool Connected { get; init; }

    public string Cluster { get; init; } = "";

    public uint Timeline { get; init; }

    /// <summary>WAL in bytes that the server has and the store has not.</summary>
    public ulong LagBytes { get; init; }

    /// <summary>The server's time of the newest mark: everything before it is in the store.</summary>
    public DateTimeOffset? MarkTime { get; init; }

    public static ReceiverLine Of(WalEvent said) => new() { Event = said.Kind.ToString(), Message = said.Message };

    public static ReceiverLine Of(WalReceiverStatus status) => new()
    {
        Connected = status.Connected,
        Cluster = status.Cluster,
        Timeline = status.Timeline,
        LagBytes = status.LagBytes,
        MarkTime = status.Mark?.Time,
    };

    /// <summary>Null: the line is none.</summary>
    public static ReceiverLine? Read(string line)
    {
        try
        {
            return line.StartsWith('{') ? JsonSerializer.Deserialize(line, ReceiverJson.Default.ReceiverLine) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string Write() => JsonSerializer.Serialize(this, ReceiverJson.Default.ReceiverLine);
}
