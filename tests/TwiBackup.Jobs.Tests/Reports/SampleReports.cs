using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Rehearsal;
using TwiBackup.Reports;
using TwiBackup.Status;
using TwiBackup.Tests.Catalog;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Reports;

/// <summary>Reports of systems in every state a person may meet.</summary>
internal static class SampleReports
{
    public static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 15, 42, TimeSpan.Zero);

    /// <summary>A month of everything as promised.</summary>
    public static SystemReport Good()
    {
        var sets = new List<SetHistory>();
        for (var day = 29; day >= 0; day--)
            sets.Add(Set("full", Day(day).AddHours(2), 1_400_000_000 + ((30 - day) * 21_000_000L), 0.33, 44 + (day % 5 * 3), day % 7 == 1 ? Day(day).AddHours(3) : null));
        for (var day = 29; day >= 0; day--)
            sets.Add(Set("dump", Day(day).AddHours(2.5), 900_000_000 + ((30 - day) * 12_000_000L), 0.29, 71 + (day % 3 * 4), day == 8 ? Day(1) : null));
        foreach (var day in (int[])[83, 41, 20, 19, 3])
            sets.Add(Set("configuration", Day(day).AddHours(15), 48_000, 0.3, 0.4, day == 3 ? Day(1) : null));
        for (var week = 51; week >= 0; week--)
            sets.Add(Set("repository", Day((week * 7) + 1).AddHours(4), 61_000_000 + ((52 - week) * 300_000L), 0.97, 6.5, week == 0 ? Day(1).AddHours(5) : null));
        for (var week = 12; week >= 0; week--)
            sets.Add(Set("logs", Day((week * 7) + 1).AddHours(5), 12_000_000 + (week % 4 * 2_500_000), 0.09, 1.2, null));
        var newest = sets.Last(s => s.Kind == "full");
        var point = new RecoverablePoint(Now.AddSeconds(-12), "2F/A41C0028", 1, "15-7000000000000000001", newest.Id, 1, 412_000_000);
        ComponentStatus[] components =
        [
            OfSets("full", sets, ComponentState.Good, "8 h 15 min old", Day(-1).AddHours(2)) with
            {
                RestoreSeconds = 166, ExpectedRestoreSeconds = 171, RestoreObjectiveSeconds = 7200,
            },
            new ComponentStatus { Name = "wal", State = ComponentState.Good, Detail = "recoverable to 12 s ago", Id = point.Lsn, At = point.Time, AgeSeconds = 12, ObjectiveSeconds = 3600, RestoreBytes = point.WalBytes },
            Recurring("restore point", 168, Now.AddMinutes(-15), Now.AddMinutes(44)),
            OfSets("dump", sets, ComponentState.Good, "7 h 45 min old", Day(-1).AddHours(2.5)),
            OfSets("configuration", sets, ComponentState.Good, "as of the last change", null),
            OfSets("repository", sets, ComponentState.Good, "30 h 15 min old", Day(-6).AddHours(4)) with { ObjectiveSeconds = 604_800 },
            OfSets("logs", sets, ComponentState.Good, "as of the last change", null),
            Recurring("verification", 24, Day(1).AddHours(3), Day(-6).AddHours(3)) with { ProvenAt = Day(1).AddHours(3.1) },
            Recurring("rehearsal", 4, Day(53).AddHours(6), Day(-39).AddHours(6)),
        ];
        var history = new SystemHistory
        {
            Timelines =
            [
                new ComponentTimeline { Name = "any instant", Meaning = "every instant in it can be recovered, from a full and the WAL behind it", PromisedFrom = Now.AddDays(-7), Periods = [new(Day(8).AddHours(2), point.Time)] },
                new ComponentTimeline { Name = "wal", Meaning = "WAL was stored without a hole", Periods = [new(Day(8).AddHours(2), Now.AddSeconds(-2))] },
                new ComponentTimeline { Name = "restore point", Meaning = "WAL up to it was proven to have no hole", Points = [.. Enumerable.Range(0, 168).Select(h => Now.AddHours(h - 167).AddMinutes(-15))] },
                .. sets.GroupBy(s => s.Kind).Select(g => new ComponentTimeline { Name = g.Key, Meaning = "sets of this kind", Points = [.. g.Select(s => s.At)] }),
            ],
            Sets = sets,
            Verifications = [.. sets.Where(s => s.ProvenAt is not null).OrderBy(s => s.ProvenAt).Select(s => Verified(s, proven: true))],
        };
        return Report(
            components, history, [Rehearsed("lost-host", Day(236), 0.31, 7.4), Rehearsed("lost-host", Day(145), 0.27, 6.9), Rehearsed("bad-migration", Day(53).AddHours(6), 0, 4.1), Rehearsed("lost-host", Day(53).AddHours(6.1), 0.24, 6.25)],
            point,
            new ReplicaStatus { Store = "s3://twi-bot-backups-replica/twi?region=eu-west-1", State = ComponentState.Good, Detail = "has every set", Count = sets.Count, AgeSeconds = 94, ObjectiveSeconds = 3600, Recoverable = point with { Time = Now.AddSeconds(-94), WalBytes = 409_000_000 } });
    }

    /// <summary>Everything that can be wrong: a hole in the WAL, fulls that did not come, a failed verification, a rehearsal that missed, a replica that is behind.</summary>
    public static SystemReport Broken()
    {
        var good = Good();
        var sets = good.History.Sets.Where(s => s.Kind != "full" || (s.At < Day(6) || s.At > Day(4)) && s.At < Day(1)).ToList();
        var newest = sets.Last(s => s.Kind == "full");
        var point = new RecoverablePoint(Now.AddHours(-5).AddMinutes(-3), "2E/91000000", 1, "15-7000000000000000001", newest.Id, 1, 9_800_000_000);
        var overdue = newest.At.AddDays(1);
        var components = good.Status.Components.Select(c => c.Name switch
        {
            "full" => c with
            {
                State = ComponentState.Missed, Id = newest.Id, At = newest.At, AgeSeconds = (Now - newest.At).TotalSeconds, NextRun = overdue, OverdueSince = overdue, ExpectedRestoreSeconds = 8100,
                Detail = "the last verification, of " + newest.Id + ", failed (pg_amcheck --heapallindexed: heap tuple (12,7) from table \"messages\" lacks matching index tuple within index \"messages_pkey\"); the run of " + overdue.ToString("yyyy-MM-dd HH:mm'Z'", null) + " left no set; see why: twibackup backup database",
            },
            "wal" => c with { State = ComponentState.Missed, At = point.Time, AgeSeconds = (Now - point.Time).TotalSeconds, RestoreBytes = point.WalBytes, Detail = "WAL after 2E/91000000 on timeline 1 is missing, and goes on later; take a full: twibackup backup database" },
            "rehearsal" => c with { State = ComponentState.Missed, Detail = "the last rehearsal of lost-host, 20261001T060000Z-0000, missed: database lost 1 h 15 min (objective 1 h) and was back after 2 h 20 min (objective 2 h); 53 d 4 h ago" },
            "configuration" => c with { State = ComponentState.Missed, Count = 0, Id = null, At = null, AgeSeconds = null, ProvenAt = null, PlainBytes = null, StoredBytes = null, RestoreBytes = null, DurationSeconds = null, Detail = "there is none; take one: twibackup backup configuration" },
            _ => c,
        }).ToList();
        TimelineGap Skipped(double from, double to) => new(Day(from).AddHours(2), Day(to).AddHours(2), $"the run of {Words.Text(Day(from).AddHours(2), "yyyy-MM-dd HH:mm'Z'")} left nothing; the next came {(from - to) * 24:0} h later");
        var timelines = good.History.Timelines.Where(t => t.Name != "configuration").Select(t => t.Name switch
        {
            "any instant" => t with
            {
                Periods = [new(Day(8).AddHours(2), Day(3).AddHours(-7)), new(Day(2).AddHours(2), point.Time)],
                Gaps = [new(Day(3).AddHours(-7), Day(2).AddHours(2), "WAL has a hole, and no full before its end leads on"), new(point.Time, Now, "no WAL came since")],
            },
            "wal" => t with
            {
                Periods = [new(Day(8).AddHours(2), Day(3).AddHours(-7)), new(Day(3).AddHours(-6), point.Time), new(Now.AddHours(-4), Now.AddSeconds(-3))],
                Gaps = [new(Day(3).AddHours(-7), Day(3).AddHours(-6), "WAL from 2D/11000000 to 2D/13000000 on timeline 1 is missing"), new(point.Time, Now.AddHours(-4), "WAL from 2E/91000000 to 2E/94000000 on timeline 1 is missing")],
            },
            "full" => t with { Points = [.. sets.Where(s => s.Kind == "full").Select(s => s.At)], Gaps = [Skipped(6, 4), new(overdue, Now, $"the run of {Words.Text(overdue, "yyyy-MM-dd HH:mm'Z'")} left nothing")] },
            _ => t,
        }).Append(new ComponentTimeline { Name = "configuration", Meaning = "taken when it had changed" }).ToList();
        var failed = Verified(newest, proven: false) with { CompletedAt = Day(1).AddHours(5.2) };
        return good with
        {
            Summary = ReportSummary.Of(good.Status with { Components = components, Recoverable = point }, DatabaseMode.Physical),
            Status = good.Status with
            {
                Components = components,
                Recoverable = point,
                FullNeeded = "WAL after 2E/91000000 on timeline 1 is missing, and goes on later",
                Replica = good.Status.Replica! with { State = ComponentState.Missed, Detail = "2 of 117 sets are not whole there after 15 minutes; see the store's replication", Missing = [$"full/{newest.Id}", "dump/20261122T023000Z-0000"] },
            },
            History = good.History with { Sets = [.. sets.Where(s => s.Kind != "configuration")], Timelines = timelines, Verifications = [.. good.History.Verifications.Append(failed).OrderBy(v => v.CompletedAt)] },
            Rehearsals = [.. good.Rehearsals, Rehearsed("lost-host", Day(0.2), 4500, 8400) with { Checks = [new("foreign keys (disaster 1)", false, "3 rows of attachments point to no message"), new("owners (disaster 1)", true, "1 role owns 49 tables")] }],
        };
    }

    /// <summary>A policy and nothing else.</summary>
    public static SystemReport Empty()
    {
        ComponentStatus[] components =
        [
            new ComponentStatus { Name = "full", State = ComponentState.Missed, Detail = "there is none; take one: twibackup backup database", RestoreObjectiveSeconds = 7200 },
            new ComponentStatus { Name = "wal", State = ComponentState.Missed, Detail = "there is no full that WAL could be replayed on", ObjectiveSeconds = 3600 },
            new ComponentStatus { Name = "restore point", State = ComponentState.Good, Detail = "first due 2026-11-23 11:00Z", NextRun = Now.AddMinutes(44) },
            new ComponentStatus { Name = "verification", State = ComponentState.Good, Detail = "first due 2026-11-29 03:00Z", NextRun = Day(-6).AddHours(3) },
        ];
        var history = new SystemHistory
        {
            Timelines =
            [
                new ComponentTimeline { Name = "any instant", Meaning = "every instant in it can be recovered, from a full and the WAL behind it" },
                new ComponentTimeline { Name = "wal", Meaning = "WAL was stored without a hole" },
                new ComponentTimeline { Name = "full", Meaning = "the end of each full can be recovered by the WAL inside it" },
            ],
            Sets = [],
            Verifications = [],
        };
        return Report(components, history, [], null, null) with { Status = Report(components, history, [], null, null).Status with { FullNeeded = "file:///srv/backups holds no full of twi" } };
    }

    /// <summary>Years of it: more than anybody can look at.</summary>
    public static SystemReport Thousands(int count = 8000)
    {
        var good = Good();
        var sets = Enumerable.Range(0, count).Select(i => Set("full", Now.AddHours(i - count), 1_000_000_000 + (i * 100_000L), 0.4, 40 + (i % 13), i % 24 == 0 ? Now.AddHours(i - count + 1) : null)).ToList();
        return good with
        {
            History = good.History with
            {
                Sets = sets,
                Verifications = [.. Enumerable.Range(0, count).Select(i => Verified(sets[i], i % 40 != 0))],
                Timelines =
                [
                    .. good.History.Timelines.Where(t => t.Name != "full"),
                    new ComponentTimeline { Name = "full", Meaning = "the end of each full", Points = [.. sets.Select(s => s.At)], Gaps = [.. Enumerable.Range(0, count / 4).Select(i => new TimelineGap(Now.AddHours((-4 * i) - 3), Now.AddHours((-4 * i) - 2), "the run left nothing"))] },
                ],
            },
            Rehearsals = [.. Enumerable.Range(0, count / 8).Select(i => Rehearsed("lost-host", Now.AddHours((i * 8) - count), 0.2 + (i % 7 * 0.1), 6 + (i % 5)))],
        };
    }

    /// <summary>What somebody could call things who wants to run a script in the reader's browser, or to look like something else.</summary>
    public static SystemReport Hostile(string name)
    {
        var broken = Broken();
        return broken with
        {
            Tool = name,
            Summary = broken.Summary with { Sentence = name },
            Status = broken.Status with
            {
                System = name,
                Store = name,
                FullNeeded = name,
                Components = [.. broken.Status.Components.Select(c => c with { Name = name, Detail = name, Id = name })],
                Recoverable = broken.Status.Recoverable! with { FullId = name, Lsn = name },
                Replica = broken.Status.Replica! with { Store = name, Detail = name, Missing = [name], Recoverable = broken.Status.Recoverable with { FullId = name } },
            },
            History = broken.History with
            {
                Sets = [.. broken.History.Sets.Select(s => s with { Id = name, Kind = name })],
                Timelines = [.. broken.History.Timelines.Select(t => t with { Name = name, Meaning = name, Gaps = [.. t.Gaps.Select(g => g with { Reason = name })] })],
                Verifications = [.. broken.History.Verifications.Select(v => v with { Id = name, Kind = name, SetId = name, Target = name, Checks = [new Check(name, false, name)] })],
            },
            Rehearsals = [.. broken.Rehearsals.Select(r => Hostile(r, name))],
            NextRuns = [.. broken.NextRuns.Select(r => r with { Job = name, When = name })],
        };
    }

    public static RehearsalReport Hostile(RehearsalReport report, string name) => report with
    {
        System = name, Id = name, Scenario = name, Tool = name, Store = name, Postgres = name, Failure = name, Notes = [name],
        Components = [.. report.Components.Select(c => c with { Name = name })],
        Stages = [.. report.Stages.Select(s => s with { Name = name })],
        Checks = [new Check(name, false, name), new Check(name, true, name)],
    };

    public static RehearsalReport Rehearsed(string scenario, DateTimeOffset at, double rpo, double rto) => new()
    {
        Format = RehearsalReport.CurrentFormat,
        System = "twi-bot",
        Id = SampleSets.Id(at),
        Scenario = scenario,
        Tool = "twibackup 0.1.0",
        StartedAt = at,
        CompletedAt = at.AddSeconds(95),
        Store = "s3://twi-bot-backups/twi?region=eu-central-1",
        Postgres = "15.18",
        Disasters = 3,
        Components =
        [
            ComponentResult.Of("database", TimeSpan.FromSeconds(rpo), TimeSpan.FromHours(1), TimeSpan.FromSeconds(rto), TimeSpan.FromHours(2)),
            ComponentResult.Of("bot", null, null, TimeSpan.FromSeconds(rto * 0.96), TimeSpan.FromHours(1)),
        ],
        Stages = [new("detect", rto * 0.02), new("provision", rto * 0.06), new("base", rto * 0.37), new("replay", rto * 0.29), new("open", rto * 0.05), new("verified", rto * 0.21)],
        Bytes = new RehearsalBytes(104_000_000, 38_400_000, 21_900_000),
        Checks = [.. ((string[])["heartbeats", "owners", "sequences", "foreign keys"]).SelectMany(n => Enumerable.Range(1, 3).Select(i => new Check($"{n} (disaster {i})", true, "as it must be")))],
    };

    private static SystemReport Report(
        IReadOnlyList<ComponentStatus> components, SystemHistory history, IReadOnlyList<RehearsalReport> rehearsals, RecoverablePoint? point, ReplicaStatus? replica)
    {
        var status = new SystemStatus
        {
            Format = SystemStatus.CurrentFormat, System = "twi-bot", Store = "s3://twi-bot-backups/twi?region=eu-central-1", At = Now, Components = components, Recoverable = point, Replica = replica,
        };
        DateTimeOffset[] Every(DateTimeOffset first, TimeSpan step) => [first, first + step, first + (step * 2)];
        return new SystemReport
        {
            Format = SystemReport.CurrentFormat,
            Tool = "twibackup 0.1.0",
            Summary = ReportSummary.Of(status, DatabaseMode.Physical),
            RecoveryWindowSeconds = TimeSpan.FromDays(7).TotalSeconds,
            FullKeepSeconds = TimeSpan.FromDays(30).TotalSeconds,
            Status = status,
            History = history,
            Rehearsals = rehearsals,
            NextRuns =
            [
                new("backup restore-point", "0 * * * * (UTC)", Every(Now.AddSeconds(-42).AddMinutes(45), TimeSpan.FromHours(1))),
                new("backup database", "0 2 * * * (UTC)", Every(Day(-1).AddHours(2), TimeSpan.FromDays(1))),
                new("verify database", "0 3 * * 0 (UTC)", Every(Day(-6).AddHours(3), TimeSpan.FromDays(7))),
                new("rehearse", "0 6 1 1,4,7,10 * (UTC)", Every(Day(-39).AddHours(6), TimeSpan.FromDays(90))),
                new("prune", "after backup database", []),
                new("wal receive", "all the time", []),
            ],
        };
    }

    /// <summary>Midnight so many days before today.</summary>
    private static DateTimeOffset Day(double before) => new DateTimeOffset(Now.UtcDateTime.Date, TimeSpan.Zero).AddDays(-before);

    private static SetHistory Set(string kind, DateTimeOffset at, long bytes, double ratio, double seconds, DateTimeOffset? proven) =>
        new(kind, SampleSets.Id(at), at, at.AddDays(kind == "repository" ? 365 : 30), bytes, (long)(bytes * ratio), seconds, proven);

    private static ComponentStatus OfSets(string kind, List<SetHistory> sets, ComponentState state, string detail, DateTimeOffset? next)
    {
        var newest = sets.Last(s => s.Kind == kind);
        return new ComponentStatus
        {
            Name = kind, State = state, Detail = detail, Count = sets.Count(s => s.Kind == kind), Id = newest.Id, At = newest.At, AgeSeconds = (Now - newest.At).TotalSeconds, NextRun = next,
            ProvenAt = sets.LastOrDefault(s => s.Kind == kind && s.ProvenAt is not null)?.ProvenAt, PlainBytes = newest.PlainBytes, StoredBytes = newest.StoredBytes,
            DurationSeconds = newest.DurationSeconds, RestoreBytes = newest.StoredBytes,
        };
    }

    private static ComponentStatus Recurring(string name, int count, DateTimeOffset at, DateTimeOffset next) => new()
    {
        Name = name, State = ComponentState.Good, Detail = $"{Words.Age((Now - at).TotalSeconds)} ago", Count = count, Id = SampleSets.Id(at), At = at, AgeSeconds = (Now - at).TotalSeconds, NextRun = next,
    };

    private static VerificationRecord Verified(SetHistory set, bool proven) => new()
    {
        Format = VerificationRecord.CurrentFormat,
        System = "twi-bot",
        Id = SampleSets.Id(set.At.AddHours(1)),
        Kind = set.Kind,
        SetId = set.Id,
        Proven = proven,
        Failed = !proven,
        StartedAt = (set.ProvenAt ?? set.At).AddMinutes(-6),
        CompletedAt = set.ProvenAt ?? set.At,
        Target = "the newest point",
        ReachedLsn = "2F/A41C0028",
        RestoreSeconds = set.PlainBytes / 12e6,
        Checks = [new("manifest signature", true, "set and objects"), new("pg_amcheck --heapallindexed", proven, proven ? "clean" : "heap tuple (12,7) from table \"messages\" lacks matching index tuple within index \"messages_pkey\""), new("dump", true, "49 tables")],
    };
}
