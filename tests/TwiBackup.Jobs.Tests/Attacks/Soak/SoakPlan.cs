namespace TwiBackup.Tests.Attacks.Soak;

/// <summary>What happens when, chosen by a seed alone: the same seed brings the same life.</summary>
internal static class SoakPlan
{
    private static readonly SoakEvent[] Often =
    [
        SoakEvent.KillReceiver, SoakEvent.KillReceiver, SoakEvent.KillJob, SoakEvent.KillJob, SoakEvent.KillJob, SoakEvent.KillServer, SoakEvent.KillBoth,
        SoakEvent.CutConnections, SoakEvent.LoseStore, SoakEvent.LoseStore, SoakEvent.Checkpoint,
    ];

    public static IReadOnlyList<(TimeSpan At, SoakEvent What, int Chance)> Make(Random random, TimeSpan load, bool onS3)
    {
        var plan = new List<(TimeSpan At, SoakEvent What, int Chance)>();
        var among = onS3 ? [.. Often, SoakEvent.Storm, SoakEvent.Storm, SoakEvent.Storm] : Often;
        for (var at = TimeSpan.FromSeconds(2); at < load; at += TimeSpan.FromMilliseconds(random.Next(400, 2500)))
            plan.Add((at, among[random.Next(among.Length)], random.Next()));
        plan.Add((load * (0.4 + (0.3 * random.NextDouble())), SoakEvent.Disaster, random.Next()));
        return [.. plan.OrderBy(e => e.At)];
    }
}
