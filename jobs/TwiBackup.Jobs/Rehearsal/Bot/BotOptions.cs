using TwiBackup.Postgres;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>How the stand-in behaves.</summary>
public sealed record BotOptions
{
    /// <summary>The longest time between two heartbeats: it bounds how finely a loss is measured (D30).</summary>
    public static readonly TimeSpan LongestHeartbeatInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>As the role that owns the database.</summary>
    public required ConnectionSettings Connection { get; init; }

    /// <summary>The acknowledgement log, outside the database and outside whatever the rehearsal destroys.</summary>
    public required string AcknowledgementPath { get; init; }

    /// <summary>
    /// The knob of the load: messages a second, over all writers; everything else follows in the bot's proportions. 0: none.
    /// </summary>
    public double MessagesPerSecond { get; init; } = 20;

    /// <summary>Connections that write messages.</summary>
    public int Writers { get; init; } = 4;

    /// <summary>Above 0, at most <see cref="LongestHeartbeatInterval"/>.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How often the materialized views are refreshed. The bot does it daily; a rehearsal is shorter than a day.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Of the text and of the mix; ids and times are those of the clock.</summary>
    public ulong Seed { get; init; } = 1;

    /// <exception cref="TwiBackupException">A value is out of its range.</exception>
    internal void Check()
    {
        if (!(MessagesPerSecond is >= 0 and <= 100_000))
            throw Wrong($"{MessagesPerSecond} messages a second can't be written; use 0 to 100000.");
        if (Writers is < 1 or > 40) throw Wrong($"{Writers} writers are not 1 to 40.");
        if (HeartbeatInterval <= TimeSpan.Zero || HeartbeatInterval > LongestHeartbeatInterval)
            throw Wrong(
                $"A heartbeat every {HeartbeatInterval.TotalMilliseconds} ms does not measure a loss; use more than 0, at most 100 ms.");
        if (RefreshInterval < TimeSpan.FromMilliseconds(1)) throw Wrong("The views can't be refreshed more often than every millisecond.");
    }

    private static TwiBackupException Wrong(string message) => new(ExitCode.WrongUse, message);
}
