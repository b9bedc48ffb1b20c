using TwiBackup.Catalog;

namespace TwiBackup.Retention;

/// <summary>
/// Which sets of a kind may go. A set goes only when it is past the time that its signed manifest promises, a newer good set of its
/// kind is there, and no instant of the recovery window rests on it: when the jobs stop for a year, the last backup is still there.
/// </summary>
public static class SetRetention
{
    /// <summary>Decides for one kind.</summary>
    /// <param name="sets">The good sets of the kind in their order, oldest first.</param>
    /// <param name="now">The store's time.</param>
    /// <param name="recoveryWindow">How far back any instant is promised; physical sets only.</param>
    /// <param name="verified">Ids that a restore has proven; null where the policy does not ask for it.</param>
    /// <param name="newestTimelines">
    /// The newest timeline of each cluster (by system identifier) that has WAL: it may not have a full of its own yet.
    /// </param>
    /// <returns>The sets that may go, oldest first.</returns>
    public static IReadOnlyList<BackupSet> Expired(
        IReadOnlyList<BackupSet> sets, DateTimeOffset now, TimeSpan recoveryWindow, IReadOnlySet<string>? verified,
        IReadOnlyDictionary<string, uint>? newestTimelines = null)
    {
        var keepFrom = sets.Count - 1;
        if (verified is not null)
        {
            // Nothing older than the newest proven one may go before a newer one is proven, too.
            var newestProven = LastIndex(sets, s => verified.Contains(s.Id));
            keepFrom = Math.Min(keepFrom, Math.Max(newestProven, 0));
        }

        if (sets.Count > 0 && sets[0].Kind.IsPhysical())
            keepFrom = Math.Min(keepFrom, Anchor(sets, now - recoveryWindow, newestTimelines));
        return [.. sets.Take(Math.Max(keepFrom, 0)).Where(s => s.Manifest.KeepUntil < now)];
    }

    /// <summary>
    /// The index of the set from which the window's first instant is recovered: the newest of the newest timeline that was complete before
    /// the window begins. While a timeline is too young to have one, it rests on a full that was taken before it branched off; where that
    /// was is in its history, which retention can't open, so nothing goes. A cluster that is too young rests on nothing, and the instants
    /// before it rest on the one before.
    /// </summary>
    private static int Anchor(IReadOnlyList<BackupSet> sets, DateTimeOffset windowStart, IReadOnlyDictionary<string, uint>? newestTimelines)
    {
        for (var last = sets.Count - 1; last >= 0;)
        {
            var cluster = sets[last].Manifest.Database!.SystemIdentifier;
            var first = last;
            while (first > 0 && sets[first - 1].Manifest.Database!.SystemIdentifier == cluster)
                first--;
            var newest = Math.Max(sets[last].Timeline, newestTimelines?.GetValueOrDefault(cluster) ?? 0);
            for (var i = last; i >= first; i--)
            {
                if (sets[i].Manifest.Database!.StopTime <= windowStart)
                    return sets[i].Timeline == newest ? i : 0;
            }

            last = first - 1;
        }

        return 0;
    }

    private static int LastIndex(IReadOnlyList<BackupSet> sets, Func<BackupSet, bool> predicate)
    {
        for (var i = sets.Count - 1; i >= 0; i--)
        {
            if (predicate(sets[i]))
                return i;
        }

        return -1;
    }
}
