namespace TwiBackup.Policy;

/// <summary>
/// Computes from the numbers of a policy what can be restored: any instant of the recovery window, and the end of each full that is kept
/// (in mode dump: the beginning of each dump that is kept). It rests on two rules that the retention job follows: the newest good set is
/// never let go, and a WAL segment may go only once the newest full that completed before the window starts after it.
/// </summary>
public sealed record RecoverabilityProof
{
    /// <summary>How far back; in mode dump only the ends of dumps within.</summary>
    public required TimeSpan Window { get; init; }

    /// <summary>The longest real time between the starts of two fulls (dumps). Null: there are never two.</summary>
    public required TimeSpan? LongestGap { get; init; }

    /// <summary>How long fulls (dumps) are kept. Null: none are taken.</summary>
    public required TimeSpan? Keep { get; init; }

    /// <summary>How old the full (dump) can be that the window's first instant needs; a bound that is never reached.</summary>
    public TimeSpan? Needed => LongestGap is { } gap ? KeepNeeded(Window, gap) : null;

    /// <summary>How many fulls (dumps) in a row may fail before the window breaks.</summary>
    public int Spare => LongestGap is { } gap && Keep is { } keep ? SpareRuns(keep, Window, gap) : 0;

    /// <summary>Whether the window holds.</summary>
    public required bool Holds { get; init; }

    /// <summary>The proof for people, a sentence each.</summary>
    public required IReadOnlyList<string> Sentences { get; init; }

    /// <summary>Computes it.</summary>
    /// <param name="now">From when the schedules are followed, for two years.</param>
    public static RecoverabilityProof Of(BackupPolicy policy, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var physical = policy.Database.Mode == DatabaseMode.Physical;
        var schedule = physical ? policy.Backups.Full?.Schedule : policy.Backups.Dump?.Schedule;
        var proof = new RecoverabilityProof
        {
            Window = policy.RecoveryWindow,
            LongestGap = schedule?.LongestGap(now),
            Keep = physical ? policy.Backups.Full?.Keep : policy.Backups.Dump?.Keep,
            Holds = false,
            Sentences = [],
        };
        var hasWal = !physical || policy.Backups.Incremental?.Keep >= proof.Window;
        var holds = proof.Window > TimeSpan.Zero && proof.Keep >= proof.Needed && hasWal;
        return proof with
        {
            Holds = holds,
            Sentences = holds ? ProofSentences.Of(policy, proof, schedule!) : ["The recovery window does not hold; the findings say why."],
        };
    }

    /// <summary>
    /// The full that an instant needs is the newest that completed before it. The next one began at most one gap after it and completed
    /// within another (it is taken to be done before the one after it is due), so this full began less than two gaps before the instant.
    /// </summary>
    internal static TimeSpan KeepNeeded(TimeSpan window, TimeSpan gap) => window + (gap * 2);

    internal static int SpareRuns(TimeSpan keep, TimeSpan window, TimeSpan gap) =>
        gap > TimeSpan.Zero && keep > window ? (int)Math.Max(0, Math.Min(int.MaxValue, ((keep - window).Ticks / gap.Ticks) - 2)) : 0;
}
