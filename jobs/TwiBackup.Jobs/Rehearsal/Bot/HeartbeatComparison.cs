namespace TwiBackup.Rehearsal.Bot;

/// <summary>What a disaster cost, measured in heartbeats.</summary>
/// <param name="LastAcknowledged">The newest heartbeat that was acknowledged before the kill.</param>
/// <param name="LastRecovered">The newest of them that the recovered database has; null when it has none.</param>
/// <param name="Lost">
/// How many acknowledged heartbeats after <paramref name="LastRecovered"/> are missing: the loss of an asynchronous backup.
/// </param>
/// <param name="Holes">
/// Acknowledged heartbeats before <paramref name="LastRecovered"/> that are missing: never legal, the recovery is wrong.
/// </param>
/// <param name="Extra">
/// Rows of the window that were never acknowledged: a commit whose answer the kill cut off. At most one a loss of the connection is to be
/// expected.
/// </param>
/// <param name="Recoverable">
/// The RPO that was reached (D30): from the acknowledgement of <paramref name="LastRecovered"/> to that of
/// <paramref name="LastAcknowledged"/>,
/// by the monotonic clock. Zero when nothing was lost; null when nothing was recovered.
/// </param>
/// <param name="SinceLastRecovered">
/// The same from <paramref name="LastRecovered"/> to the kill itself: the upper bound, which a database that hung before the kill cannot
/// flatter.
/// </param>
/// <param name="LongestSilence">The longest time without an acknowledgement before the kill: how fine the measurement was.</param>
public sealed record HeartbeatComparison(
    Acknowledgement LastAcknowledged,
    Acknowledgement? LastRecovered,
    int Lost,
    IReadOnlyList<Acknowledgement> Holes,
    IReadOnlyList<Heartbeat> Extra,
    TimeSpan? Recoverable,
    TimeSpan? SinceLastRecovered,
    TimeSpan LongestSilence)
{
    /// <summary>Something was recovered and nothing is missing in its middle. Says nothing about how much was lost at the end.</summary>
    public bool Sound => LastRecovered is not null && Holes.Count == 0;

    /// <summary>Whether it is sound and lost no more time than promised.</summary>
    public bool Meets(TimeSpan recoveryPoint) => Sound && Recoverable <= recoveryPoint;
}
