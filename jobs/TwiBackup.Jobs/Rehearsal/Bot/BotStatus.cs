namespace TwiBackup.Rehearsal.Bot;

/// <summary>What the stand-in has done so far.</summary>
/// <param name="Running">Whether it is connected and writing.</param>
/// <param name="Starts">
/// How often it began: once, and again after each loss of the database. Each one proved that its role owns everything.
/// </param>
/// <param name="Heartbeats">Acknowledged heartbeats since it was started.</param>
/// <param name="Messages">Acknowledged messages since it was started.</param>
/// <param name="RefusedStatements">
/// Statements that the server refused while the connection lived, e.g. deadlocks; the bot goes on, as the real one does.
/// </param>
/// <param name="LastAcknowledged">The newest heartbeat.</param>
/// <param name="LastError">Why it is not running, or the last refusal.</param>
public sealed record BotStatus(
    bool Running, int Starts, long Heartbeats, long Messages, long RefusedStatements, Acknowledgement? LastAcknowledged, string? LastError);
