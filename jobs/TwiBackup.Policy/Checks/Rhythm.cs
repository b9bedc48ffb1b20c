namespace TwiBackup.Policy.Checks;

/// <summary>The schedules of a policy by their path, and how far apart their runs are, computed once.</summary>
internal sealed class Rhythm
{
    private readonly Dictionary<string, TimeSpan?> _gaps = new(StringComparer.Ordinal);

    public Rhythm(BackupPolicy policy, DateTimeOffset now)
    {
        Now = now;
        var backups = policy.Backups;
        var all = new (string Path, Schedule? Schedule)[]
        {
            ("backups.full", backups.Full?.Schedule),
            ("backups.incremental", backups.Incremental?.Schedule),
            ("backups.dump", backups.Dump?.Schedule),
            ("backups.configuration", backups.Configuration?.Schedule),
            ("backups.repository", backups.Repository?.Schedule),
            ("backups.logs", backups.Logs?.Schedule),
            ("verification", policy.Verification?.Schedule),
            ("verification.system", policy.Verification?.System?.Schedule),
            ("rehearsal", policy.Rehearsal?.Schedule),
        };
        Schedules = [.. all.Where(pair => pair.Schedule is not null).Select(pair => (pair.Path, pair.Schedule!))];
    }

    public DateTimeOffset Now { get; }

    /// <summary>The sections that are there and their schedules.</summary>
    public IReadOnlyList<(string Path, Schedule Schedule)> Schedules { get; }

    /// <summary>The longest real time between two runs. Null: the section is absent, runs on change, or never.</summary>
    public TimeSpan? Gap(string path)
    {
        if (!_gaps.TryGetValue(path, out var gap))
            _gaps[path] = gap = Schedules.FirstOrDefault(pair => pair.Path == path).Schedule?.LongestGap(Now);
        return gap;
    }

    /// <summary>The longest time between two runs as a clock without daylight saving shows it.</summary>
    public TimeSpan? GapWithoutDaylightSaving(string path) =>
        Schedules.FirstOrDefault(pair => pair.Path == path).Schedule?.In(TimeZoneInfo.Utc).LongestGap(Now);
}
