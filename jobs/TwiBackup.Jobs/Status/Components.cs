using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Verification;
using TwiBackup.Verification.Live;

namespace TwiBackup.Status;

/// <summary>Holds what the store has against what the policy promises, component by component.</summary>
internal sealed class Components(
    BackupPolicy policy, IReadOnlyDictionary<SetKind, CatalogListing> listings, IReadOnlyList<VerificationRecord> records, WalReach? reach,
    IReadOnlyList<RehearsalOutcome> rehearsals, DateTimeOffset now)
{
    /// <summary>Those that the policy has.</summary>
    public IEnumerable<ComponentStatus> All()
    {
        var (backups, objectives) = (policy.Backups, policy.Objectives);
        if (backups.Full is { } full)
            yield return OfSets(SetKind.Full, full.Schedule, null, "backup database");
        if (backups.Incremental is { } incremental && reach is not null)
        {
            yield return Wal();
            yield return RestorePoints(incremental.Schedule);
        }

        if (backups.Dump is { } dump)
            yield return OfSets(SetKind.Dump, dump.Schedule, policy.Database.Mode == DatabaseMode.Dump ? objectives.Database.Rpo : null, "backup dump");
        if (backups.Configuration is not null)
            yield return OfSets(SetKind.Configuration, Schedule.OnChange, null, "backup configuration");
        if (backups.Repository is { } repository)
            yield return OfSets(SetKind.Repository, repository.Schedule, objectives.Repository.Rpo, "backup repository");
        if (backups.Logs is not null)
            yield return OfSets(SetKind.Logs, Schedule.OnChange, null, null);
        if (policy.Verification is { } verification)
            yield return Verifications(verification.Schedule);
        if (policy.Verification is { System: { } system } whole)
            yield return RunningSystem(system.Schedule ?? whole.Schedule);
        if (policy.Rehearsal is { } rehearsal)
            yield return Rehearsals(rehearsal.Schedule);
    }

    /// <param name="schedule">On change, also for what makes no set when there is nothing new: its age says nothing.</param>
    /// <param name="job">What takes one; null: having none is no failure.</param>
    private ComponentStatus OfSets(SetKind kind, Schedule schedule, TimeSpan? rpo, string? job)
    {
        var isDatabase = kind == (policy.Database.Mode == DatabaseMode.Dump ? SetKind.Dump : SetKind.Full);
        var rto = isDatabase ? policy.Objectives.Database.Rto : null;
        var listing = listings[kind];
        var status = new ComponentStatus
        {
            Name = kind.Name(),
            State = ComponentState.Good,
            Detail = "",
            Count = listing.Sets.Count,
            ObjectiveSeconds = rpo?.TotalSeconds,
            RestoreObjectiveSeconds = rto?.TotalSeconds,
        };
        if (listing.Newest(now) is not { } newest)
        {
            status = job is null
                ? status with { Detail = "nothing was archived yet" }
                : status with { State = ComponentState.Missed, Detail = $"there is none; take one: twibackup {job}" };
            return Judged(status, kind, listing);
        }

        var m = newest.Manifest;
        var (age, took) = (now - m.StartedAt, m.CompletedAt - m.StartedAt);
        var due = Due.After(schedule, m.StartedAt);
        var (state, detail) = (ComponentState.Good, schedule.IsOnChange ? "as of the last change" : $"{Sizes.Text(age)} old");
        var isLate = Due.IsLate(due, took, now);
        if (isLate)
            (state, detail) = (ComponentState.Missed, $"the run of {Text(due!.Value)} left no set; see why: twibackup {job}");
        else if (rpo is { } most && age > most + Due.Grace(took))
            (state, detail) = (ComponentState.Missed, $"{Sizes.Text(age)} old, and {Duration.Format(most)} is promised; take one: twibackup {job}");
        var last = records.LastOrDefault(r => r.Kind == m.Kind && r.RestoreSeconds is not null);
        var expected = RestoreRate.Of(listing.Sets, records)?.Expected(newest, ReachFrom(newest));
        // What was measured is a fact; what is expected of the newest state is shown beside the objective, and judged by people.
        if (last?.RestoreSeconds > rto?.TotalSeconds)
            (state, detail) = (ComponentState.Missed, $"the restore of {last!.SetId} took {Sizes.Text(TimeSpan.FromSeconds(last.RestoreSeconds!.Value))}, and {Duration.Format(rto!.Value)} is promised; {detail}");
        return Judged(
            status with
            {
                State = state,
                Detail = detail,
                Id = m.Id,
                At = m.StartedAt,
                AgeSeconds = age.TotalSeconds,
                NextRun = due,
                OverdueSince = isLate ? due : null,
                PlainBytes = m.PlainBytes,
                StoredBytes = m.StoredBytes,
                DurationSeconds = took.TotalSeconds,
                RestoreBytes = m.StoredBytes,
                RestoreSeconds = last?.RestoreSeconds,
                ExpectedRestoreSeconds = expected,
            },
            kind, listing);
    }

    /// <summary>Where replay on a full would end now; null: no WAL leads on from it.</summary>
    private Lsn? ReachFrom(BackupSet set) =>
        reach?.Point is { } point && set.Kind == SetKind.Full && point.FullId == set.Id ? Lsn.Parse(point.Lsn) : null;

    /// <summary>Adds what verifications say of the kind, and sets that are refused.</summary>
    private ComponentStatus Judged(ComponentStatus status, SetKind kind, CatalogListing listing)
    {
        var proven = records.LastOrDefault(r => r.Kind == kind.Name() && r.Proven);
        status = status with { ProvenAt = proven?.CompletedAt };
        if (records.LastOrDefault(r => r.Kind == kind.Name()) is { Failed: true } failed)
        {
            var check = failed.Checks.FirstOrDefault(c => !c.Passed);
            status = status with
            {
                State = ComponentState.Missed,
                Detail = $"the last verification, of {failed.SetId}, failed{(check is null ? "" : $" ({check.Name}: {check.Detail})")}; {status.Detail}",
            };
        }

        return listing.Refused.Count == 0 ? status : status with
        {
            State = ComponentState.Missed,
            Detail = $"{Count(listing.Refused.Count, "set")} refused, which somebody forged or damaged (twibackup list); {status.Detail}",
        };
    }

    private ComponentStatus Wal()
    {
        var rpo = policy.Objectives.Database.Rpo;
        var status = new ComponentStatus { Name = "wal", State = ComponentState.Missed, Detail = "there is no full that WAL could be replayed on", ObjectiveSeconds = rpo?.TotalSeconds };
        if (reach!.Point is not { } point)
            return status;
        var age = now - point.Time;
        var isLate = age > rpo;
        return status with
        {
            State = isLate || reach.Problem is not null ? ComponentState.Missed : ComponentState.Good,
            Detail = reach.Problem
                ?? (isLate ? $"nothing newer than {Sizes.Text(age)} can be recovered, and {Duration.Format(rpo!.Value)} is promised; is the receiver up? twibackup wal receive"
                    : $"recoverable to {Sizes.Text(age)} ago"),
            Id = point.Lsn,
            At = point.Time,
            AgeSeconds = age.TotalSeconds,
            RestoreBytes = point.WalBytes,
        };
    }

    private ComponentStatus RestorePoints(Schedule schedule)
    {
        var points = reach!.Points;
        var first = points.Count > 0 ? points[^1].At : listings[SetKind.Full].Sets.Select(s => (DateTimeOffset?)s.Manifest.CompletedAt).Min();
        return Recurring(
            "restore point", schedule, points.Count, points.Count > 0 ? points[^1] : null, first,
            "no chain of WAL was proven", "twibackup backup restore-point");
    }

    private ComponentStatus Verifications(Schedule schedule)
    {
        var ofSets = records.Where(r => r.Kind != SystemVerifier.Kind).ToList();
        var newest = ofSets.Count > 0 ? ofSets[^1] : null;
        var status = Recurring(
            "verification", schedule, ofSets.Count, newest is null ? null : (newest.Id, newest.StartedAt), newest?.StartedAt ?? FirstSet(),
            "nothing was verified", "twibackup verify database");
        return status with { ProvenAt = records.LastOrDefault(r => r.Proven)?.CompletedAt };
    }

    /// <summary>What the last look at the running system found.</summary>
    private ComponentStatus RunningSystem(Schedule schedule)
    {
        var looks = records.Where(r => r.Kind == SystemVerifier.Kind).ToList();
        var newest = looks.Count > 0 ? looks[^1] : null;
        var status = Recurring(
            "system", schedule, looks.Count, newest is null ? null : (newest.Id, newest.StartedAt), newest?.StartedAt ?? FirstSet(),
            "nobody looked at the running system", "twibackup verify system");
        if (newest?.Checks.FirstOrDefault(c => !c.Passed) is not { } failed)
            return status;
        return status with { State = ComponentState.Missed, Detail = $"{failed.Name}: {failed.Detail}; {status.Detail}" };
    }

    private ComponentStatus Rehearsals(Schedule schedule)
    {
        var newest = rehearsals.Count > 0 ? rehearsals[^1] : null;
        var status = Recurring(
            "rehearsal", schedule, rehearsals.Count, newest is null ? null : (newest.Id, newest.At), newest?.At ?? FirstSet(),
            "nothing was rehearsed", "twibackup rehearse");
        // A disaster that was not survived stays so until that very one was.
        var missed = rehearsals.GroupBy(r => r.Scenario).Select(g => g.Last()).LastOrDefault(r => r.Problem is not null);
        return missed is null ? status : status with
        {
            State = ComponentState.Missed,
            Detail = $"the last rehearsal of {missed.Scenario}, {missed.Id}, missed: {missed.Problem}; {status.Detail}",
        };
    }

    private ComponentStatus Recurring(
        string name, Schedule schedule, int count, (string Id, DateTimeOffset At)? newest, DateTimeOffset? since, string absence, string command)
    {
        var due = Due.After(schedule, since ?? now);
        var isLate = Due.IsLate(due, TimeSpan.Zero, now);
        return new ComponentStatus
        {
            Name = name,
            State = isLate ? ComponentState.Missed : ComponentState.Good,
            Detail = isLate ? $"{absence} since it was due, {Text(due!.Value)}; see why: {command}"
                : newest is { } n ? $"{Sizes.Text(now - n.At)} ago"
                : $"first due {(due is { } d ? Text(d) : "never")}",
            Count = count,
            Id = newest?.Id,
            At = newest?.At,
            AgeSeconds = (now - newest?.At)?.TotalSeconds,
            NextRun = due,
            OverdueSince = isLate ? due : null,
        };
    }

    /// <summary>When the system's first set began: what recurs is counted from then.</summary>
    private DateTimeOffset? FirstSet() => listings.Values.SelectMany(l => l.Sets).Select(s => (DateTimeOffset?)s.Manifest.StartedAt).Min();

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);

    private static string Count(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? " is" : "s are")}");
}
