namespace TwiBackup.Rehearsal;

/// <summary>
/// One component's objectives and what was measured. Null: it has no such objective, or there was nothing to measure.
/// </summary>
/// <param name="Name">database, bot, …</param>
/// <param name="RpoSeconds">Time of acknowledged writes that were lost.</param>
/// <param name="RpoObjectiveSeconds">The most that the policy allows.</param>
/// <param name="RtoSeconds">From the kill until the component worked again.</param>
/// <param name="RtoObjectiveSeconds">The most that the policy allows.</param>
/// <param name="Met">Whether both objectives were met; false also when one could not be measured.</param>
public sealed record ComponentResult(
    string Name, double? RpoSeconds, double? RpoObjectiveSeconds, double? RtoSeconds, double? RtoObjectiveSeconds, bool Met)
{
    /// <summary>Compares what was measured with what was promised.</summary>
    public static ComponentResult Of(string name, TimeSpan? rpo, TimeSpan? rpoObjective, TimeSpan? rto, TimeSpan? rtoObjective) => new(
        name, rpo?.TotalSeconds, rpoObjective?.TotalSeconds, rto?.TotalSeconds, rtoObjective?.TotalSeconds,
        (rpoObjective is null || rpo <= rpoObjective) && (rtoObjective is null || rto <= rtoObjective));
}
