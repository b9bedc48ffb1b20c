namespace TwiBackup.Recovery;

/// <summary>One component's objectives and what was measured. Null: there is no such objective, or nothing to measure.</summary>
/// <param name="Component">database, bot, configuration, repository, system.</param>
/// <param name="Lost">How far back the recovered state lies, at most.</param>
/// <param name="Rpo">The most that is allowed.</param>
/// <param name="Took">How long it was away.</param>
/// <param name="Rto">The most that is allowed.</param>
/// <param name="How">How both were measured, in words.</param>
public sealed record ObjectiveResult(string Component, TimeSpan? Lost, TimeSpan? Rpo, TimeSpan? Took, TimeSpan? Rto, string How)
{
    /// <summary>Whether nothing that was measured is over what is allowed.</summary>
    public bool Met => !(Lost > Rpo) && !(Took > Rto);
}
