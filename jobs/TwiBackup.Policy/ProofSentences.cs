using System.Globalization;
using TwiBackup.Policy.Checks;

namespace TwiBackup.Policy;

/// <summary>Says a proof that holds in sentences.</summary>
internal static class ProofSentences
{
    public static IReadOnlyList<string> Of(BackupPolicy policy, RecoverabilityProof proof, Schedule schedule) =>
        policy.Database.Mode == DatabaseMode.Physical ? Physical(policy, proof, schedule) : Dump(policy, proof, schedule);

    private static List<string> Physical(BackupPolicy policy, RecoverabilityProof proof, Schedule schedule)
    {
        var wal = policy.Backups.Incremental!;
        var (window, gap, keep) = (Duration.Format(proof.Window), Duration.Format(proof.LongestGap!.Value),
            Duration.Format(proof.Keep!.Value));
        var sentences = new List<string>
        {
            $"Two fulls begin at most {gap} apart ({schedule}, {schedule.Zone.Id}), and each is taken to be complete before the next is "
                + "due.",
            $"So the full that the first instant of the window needs is younger than {window} + 2 × {gap} = "
                + $"{Duration.Format(proof.Needed!.Value)}; fulls are kept {keep}, and {Spare(proof)}.",
            $"WAL is kept {Duration.Format(wal.Keep)} at least; a segment goes only once the newest full that completed before the window "
                + "starts after it, so from that full on none is missing.",
            $"Therefore any instant of the last {window} can be restored, and the end of every full of the last {keep} by the WAL inside "
                + "it.",
            $"Not durable yet, and lost with the host, is at most {Duration.Format(wal.FlushInterval)} of WAL and what a put takes; an "
                + $"idle database is known to be current every {Duration.Format(wal.MarkInterval)}.",
        };
        if (policy.Stores.Replica is not null)
            sentences.Add($"With the primary store lost too, replication's {Duration.Format(ObjectiveChecks.ReplicationLag)} at most come "
                + "on top.");
        sentences.Add(Puts(policy, WalPuts.Of(wal)));
        return sentences;
    }

    private static List<string> Dump(BackupPolicy policy, RecoverabilityProof proof, Schedule schedule)
    {
        var (window, gap, keep) = (Duration.Format(proof.Window), Duration.Format(proof.LongestGap!.Value),
            Duration.Format(proof.Keep!.Value));
        var sentences = new List<string>
        {
            $"Mode dump: without physical replication everything since the last dump is lost, up to {gap} ({schedule}, "
                + $"{schedule.Zone.Id}) and the time a dump takes. This is the database's RPO.",
            $"There is no point in time between two dumps: what can be restored of the last {window} is the beginning of each dump, and "
                + $"dumps are kept {keep} (needed: {Duration.Format(proof.Needed!.Value)}); {Spare(proof)}.",
        };
        if (policy.Stores.Replica is not null)
            sentences.Add($"With the primary store lost too, replication's {Duration.Format(ObjectiveChecks.ReplicationLag)} at most come "
                + "on top.");
        return sentences;
    }

    private static string Spare(RecoverabilityProof proof) => proof.Spare switch
    {
        0 => "not one may fail",
        1 => "one may fail",
        var count => $"{count} in a row may fail",
    };

    private static string Puts(BackupPolicy policy, WalPuts puts)
    {
        var count = string.Create(CultureInfo.InvariantCulture,
            $"WAL costs at most {puts.PerMonth:N0} puts a month of 30 days when bytes come all the time");
        return StoreChecks.IsS3(policy.Stores.Primary)
            ? string.Create(CultureInfo.InvariantCulture, $"{count}: about {puts.Dollars:0.00} dollars at {WalPuts.DollarsPerThousand} "
                + $"dollars a thousand, and about {puts.Dollars * 3:0.00} with replica and tags.")
            : $"{count}; a folder asks no price for them.";
    }
}
