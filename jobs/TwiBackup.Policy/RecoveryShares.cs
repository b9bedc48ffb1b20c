namespace TwiBackup.Policy;

/// <summary>Splits the time in which the whole system must be back among the steps of its recovery.</summary>
public static class RecoveryShares
{
    /// <summary>The steps, in their order.</summary>
    public static readonly IReadOnlyList<string> Steps =
        ["assess", "notify", "provision", "repository", "configuration", "database", "deploy", "verify", "route", "report"];

    // Twelfths of what neither the database nor the service takes, and quarters of what the service takes.
    private static readonly (string Step, int Parts)[] Rest =
        [("assess", 2), ("notify", 1), ("provision", 4), ("repository", 2), ("configuration", 2), ("report", 1)];

    private static readonly (string Step, int Parts)[] Service = [("deploy", 2), ("verify", 1), ("route", 1)];

    /// <summary>Each step's share. Empty: the policy promises no time for the whole system.</summary>
    public static IReadOnlyDictionary<string, TimeSpan> Of(BackupPolicy policy) => Of(policy.Objectives, policy.Recovery.Shares);

    /// <summary>The same of objectives, and of shares that are given.</summary>
    public static IReadOnlyDictionary<string, TimeSpan> Of(ObjectivesPolicy objectives, IReadOnlyDictionary<string, TimeSpan> given)
    {
        if (objectives.System.Rto is not { } system)
            return new Dictionary<string, TimeSpan>();
        var wished = Wishes(objectives, system);
        var left = system - TimeSpan.FromTicks(given.Values.Sum(t => t.Ticks));
        var wants = TimeSpan.FromTicks(wished.Where(w => !given.ContainsKey(w.Key)).Sum(w => w.Value.Ticks));
        var scale = wants <= TimeSpan.Zero ? 0 : Math.Clamp(left / wants, 0, 1);
        return Steps.ToDictionary(s => s, s => given.TryGetValue(s, out var own) ? own : wished[s] * scale, StringComparer.Ordinal);
    }

    /// <summary>The database and the service get what is promised of them, where that leaves something for the others; else half and a quarter.</summary>
    private static Dictionary<string, TimeSpan> Wishes(ObjectivesPolicy objectives, TimeSpan system)
    {
        var (database, service) = (objectives.Database.Rto ?? system / 2, objectives.Bot.Rto ?? system / 4);
        if (database + service >= system)
            (database, service) = (system / 2, system / 4);
        var rest = system - database - service;
        var wishes = new Dictionary<string, TimeSpan>(StringComparer.Ordinal) { ["database"] = database };
        foreach (var (step, parts) in Rest)
            wishes[step] = rest * parts / 12;
        foreach (var (step, parts) in Service)
            wishes[step] = service * parts / 4;
        return wishes;
    }
}
