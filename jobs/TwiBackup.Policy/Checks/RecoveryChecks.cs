namespace TwiBackup.Policy.Checks;

/// <summary>Do the parts of the recovery fit into the time that is promised for it, and can it be done where it is to be done?</summary>
internal static class RecoveryChecks
{
    public static void Run(BackupPolicy policy, Findings findings)
    {
        CheckShares(policy, findings);
        CheckEnvironment(policy, findings);
        var recovery = policy.Recovery;
        if (recovery.Place != RecoveryPlace.Local && recovery.Provision.Count == 0)
            findings.Error(
                "recovery.provision",
                "there is no command, and recovery.place says that one makes the place; write one such as [\"pulumi\", \"up\", \"--stack\", \"dr\", \"--yes\"], "
                + "or set recovery.place to \"local\"");
    }

    private static void CheckShares(BackupPolicy policy, Findings findings)
    {
        var (shares, objectives) = (policy.Recovery.Shares, policy.Objectives);
        var sum = TimeSpan.FromTicks(shares.Values.Sum(t => t.Ticks));
        if (objectives.System.Rto is { } system && sum > system)
            findings.Error(
                "recovery.shares",
                $"the steps may take {Duration.Format(sum)} in all and objectives.system.rto is {Duration.Format(system)}; lower them or promise less");
        else if (objectives.System.Rto is { } all && sum == all && shares.Count < RecoveryShares.Steps.Count)
            findings.Warning(
                "recovery.shares",
                $"the steps named take all of objectives.system.rto {Duration.Format(all)}, and nothing is left for "
                + $"{string.Join(", ", RecoveryShares.Steps.Where(s => !shares.ContainsKey(s)))}; lower some");
        CheckPart("database", objectives.Database.Rto, "objectives.database.rto", shares, findings);
        CheckPart("deploy", objectives.Bot.Rto, "objectives.bot.rto", shares, findings);
    }

    private static void CheckPart(
        string step, TimeSpan? promised, string objective, IReadOnlyDictionary<string, TimeSpan> shares, Findings findings)
    {
        if (promised is { } rto && shares.TryGetValue(step, out var share) && share > rto)
            findings.Error(
                $"recovery.shares.{step}",
                $"the step may take {Duration.Format(share)} and {objective} is {Duration.Format(rto)}; lower it or promise less");
    }

    private static void CheckEnvironment(BackupPolicy policy, Findings findings)
    {
        var secrets = policy.Secrets()
            .Where(s => s.Kind == SecretKind.Environment)
            .Select(s => s.Name)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var name in policy.Recovery.Environment.Where(secrets.Contains))
            findings.Error(
                "recovery.environment",
                $"{name} holds a secret of this policy, which no command gets; take it out, and give the command a secret of its own");
    }
}
