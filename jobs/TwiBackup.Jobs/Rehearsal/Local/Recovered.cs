using TwiBackup.Recovery;
using TwiBackup.Rehearsal.Bot;

namespace TwiBackup.Rehearsal.Local;

/// <summary>How a rehearsed system came back.</summary>
/// <param name="Result">What the recovery says of itself.</param>
/// <param name="Heartbeats">What was acknowledged against what came back.</param>
/// <param name="DatabaseAway">From the disaster until the database was open and verified.</param>
/// <param name="BotAway">Until the bot had its first answer.</param>
/// <param name="SystemAway">Until everything was back and verified.</param>
/// <param name="Wasted">What of that went into sets that turned out to be damaged.</param>
internal sealed record Recovered(
    RecoveryResult Result, HeartbeatComparison Heartbeats, TimeSpan DatabaseAway, TimeSpan BotAway, TimeSpan SystemAway, TimeSpan Wasted);
