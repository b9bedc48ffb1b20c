namespace TwiBackup.Policy.Tests;

/// <summary>
/// A store in which fulls and WAL come and go for some days, by the rules of D24, knowing nothing of how the check computes:
/// a full may go at its age once a newer one is there; a WAL segment may go at its age once the newest full
/// that completed before the window starts after it. Retention never sleeps: whatever may go is gone.
/// </summary>
internal sealed class RetentionSimulation(BackupPolicy policy, Random random, DateTimeOffset start)
{
    private readonly List<Span> _fulls = [];
    private readonly List<Span> _wal = [];
    private readonly List<DateTimeOffset> _instants = [];

    /// <summary>How many fulls in a row fail, somewhere in the middle.</summary>
    public int Failures { get; init; }

    /// <summary>Whether fulls take nearly as long as there is until the next is due, the worst that may be.</summary>
    public bool AreSlow { get; init; }

    /// <summary>Whether WAL goes by its age alone, as a lifecycle rule without tags would have it.</summary>
    public bool ForgetsTheTagRule { get; init; }

    /// <summary>Null: every instant of the window could be restored at every moment; else the first that could not.</summary>
    public string? Run(TimeSpan length)
    {
        var until = start + length;
        PlanFulls(until);
        PlanWal(until);
        PlanInstants(until);
        var first = _fulls.Count > 0 ? _fulls[0].End : DateTimeOffset.MaxValue;
        var (fulls, wal) = (new List<Span>(), new List<Span>());
        var (nextFull, nextSegment) = (0, 0);
        foreach (var now in _instants)
        {
            // What retention lets go before a set or segment arrives and after.
            Expire(fulls, wal, now);
            while (nextFull < _fulls.Count && _fulls[nextFull].End <= now)
                fulls.Add(_fulls[nextFull++]);
            while (nextSegment < _wal.Count && _wal[nextSegment].End <= now)
                wal.Add(_wal[nextSegment++]);
            Expire(fulls, wal, now);
            var durable = nextSegment == 0 ? start : _wal[nextSegment - 1].End;
            foreach (var instant in InstantsToRestore(now, first, durable))
            {
                if (!CanRestore(instant, fulls, wal))
                    return $"at {now:u} the instant {instant:u} could not be restored";
            }
        }

        return null;
    }

    private void PlanFulls(DateTimeOffset until)
    {
        var schedule = policy.Backups.Full!.Schedule;
        var runs = new List<DateTimeOffset>();
        for (var run = schedule.Next(start); run < until; run = schedule.Next(run.Value))
            runs.Add(run!.Value);
        var firstFailure = random.Next(1, Math.Max(2, runs.Count - Failures));
        for (var i = 0; i + 1 < runs.Count; i++)
        {
            if (i >= firstFailure && i < firstFailure + Failures)
                continue;
            var share = AreSlow ? 0.999 : random.NextDouble();
            _fulls.Add(new Span(runs[i], runs[i] + ((runs[i + 1] - runs[i]) * share)));
        }
    }

    private void PlanWal(DateTimeOffset until)
    {
        for (var begin = start; begin < until;)
        {
            var end = begin + TimeSpan.FromMinutes(random.Next(10, 400));
            _wal.Add(new Span(begin, end));
            begin = end;
        }
    }

    // Every moment at which something comes, or may go, and some between.
    private void PlanInstants(DateTimeOffset until)
    {
        var (keep, window) = (policy.Backups.Full!.Keep, policy.RecoveryWindow);
        var tick = TimeSpan.FromTicks(1);
        foreach (var (begin, end) in _fulls)
            _instants.AddRange([end - tick, end, begin + keep, end + window, end + window - tick]);
        for (var now = start; now < until; now += TimeSpan.FromHours(3))
            _instants.Add(now + TimeSpan.FromMinutes(random.Next(0, 180)));
        _instants.RemoveAll(now => now < start || now > until);
        _instants.Sort();
    }

    private void Expire(List<Span> fulls, List<Span> wal, DateTimeOffset now)
    {
        if (fulls.Count == 0)
            return;
        var newest = fulls.Max(full => full.End);
        // Which fulls have ever been there is known from their records, also of those that are gone.
        var edge = _fulls.LastOrDefault(full => full.End <= now - policy.RecoveryWindow);
        bool MayGo(Span segment) => ForgetsTheTagRule || edge?.Begin > segment.End;
        wal.RemoveAll(segment => now - segment.End >= policy.Backups.Incremental!.Keep && MayGo(segment));
        fulls.RemoveAll(full => full.End < newest && now - full.Begin >= policy.Backups.Full!.Keep);
    }

    private IEnumerable<DateTimeOffset> InstantsToRestore(DateTimeOffset now, DateTimeOffset first, DateTimeOffset durable)
    {
        var oldest = now - policy.RecoveryWindow;
        oldest = oldest < first ? first : oldest;
        if (oldest > durable)
            return [];
        var between = Enumerable.Range(0, 4).Select(_ => oldest + ((durable - oldest) * random.NextDouble()));
        return [oldest, durable, .. between];
    }

    private static bool CanRestore(DateTimeOffset instant, List<Span> fulls, List<Span> wal) =>
        fulls.Any(full => full.End <= instant && IsWhole(wal, full.Begin, instant));

    private static bool IsWhole(List<Span> wal, DateTimeOffset from, DateTimeOffset to)
    {
        var reached = from;
        foreach (var (begin, end) in wal)
        {
            if (end <= reached)
                continue;
            if (begin > reached)
                return false;
            reached = end;
            if (reached >= to)
                return true;
        }

        return reached >= to;
    }

    /// <summary>A full from its beginning to its commit, or the times of the changes in a WAL segment.</summary>
    private sealed record Span(DateTimeOffset Begin, DateTimeOffset End);
}
