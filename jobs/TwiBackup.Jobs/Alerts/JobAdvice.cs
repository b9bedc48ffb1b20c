namespace TwiBackup.Alerts;

/// <summary>What somebody does who is woken by a job's failure.</summary>
internal static class JobAdvice
{
    /// <summary>For a job that failed.</summary>
    public static string For(string job) => job == "verify system"
        ? "The backups are not in question, the running system is. See all of it, and what to do: twibackup verify system"
        : job.Split(' ')[0] switch
    {
        "backup" => $"The sets taken before are still there. Mend what the reason names, then run: twibackup {job}. What can be recovered now: twibackup status",
        "verify" => "Don't count on the set that it names; older ones stay (twibackup list). If it is the newest full, take another now: twibackup backup database",
        "wal" => "The server keeps WAL in the slot meanwhile, up to max_slot_wal_keep_size: watch its disk. Mend what the reason names; the receiver goes on by itself. See: twibackup status",
        "prune" => "Nothing is lost, but nothing expires either: watch the store's size. Mend what the reason names, then run: twibackup prune --dry-run",
        "rehearse" => "A recovery might take longer or lose more than promised. Read the rehearsal's report before it is needed.",
        _ => "See: twibackup status",
    };
}
