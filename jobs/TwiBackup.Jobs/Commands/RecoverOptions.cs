using System.CommandLine;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Recovery;

namespace TwiBackup.Commands;

/// <summary>The options of <c>twibackup recover</c>.</summary>
internal sealed class RecoverOptions
{
    private readonly Option<string> target = new("--target") { Description = "latest, the newest point there is; or one of the options below", HelpName = "latest" };
    private readonly TargetOptions targets = new();
    private readonly Option<string> from = new("--from") { Description = "The store to recover from: primary or replica (default: primary)", HelpName = "STORE" };
    private readonly Option<bool> resume = new("--resume") { Description = "Go on with the recovery that the journal tells of; without a journal, begin" };
    private readonly Option<string?> journal = new("--journal") { Description = "The journal, which may be copied to another machine (default: recovery-SYSTEM.jsonl in the state folder, with --into recovery.jsonl there)", HelpName = "FILE" };
    private readonly Option<string?> incident = new("--incident") { Description = "The incident document (default: beside the journal, .md)", HelpName = "FILE" };
    private readonly Option<string[]> only = Steps("--only", "Only these steps");
    private readonly Option<string[]> skip = Steps("--skip", "Not these steps");
    private readonly Option<string?> accept = new("--accept-data-loss-until")
    {
        Description = "Recover although the newest good point is further back than the RPO: not further than this time",
        HelpName = "TIME",
    };

    private readonly Option<string?> since = new("--since") { Description = "When the outage began (default: the last sign of life in the store)", HelpName = "TIME" };
    private readonly Option<bool> fenced = new("--old-primary-fenced") { Description = "The old primary answers here, but no client reaches it any more" };
    private readonly Option<bool> isolated = new("--isolated") { Description = "A drill beside the living system: below --into, nothing is written to the store, nothing is deployed or routed" };
    private readonly Option<string?> into = new("--into") { Description = "Restore everything below this folder (data, app, root) instead of the policy's places", HelpName = "DIR" };

    /// <summary>Only plan.</summary>
    public Option<bool> DryRun { get; } = new("--dry-run", "-n") { Description = "Only show the plan: steps, sets, their age and size, expected times" };

    /// <summary>Agree beforehand.</summary>
    public Option<bool> Yes { get; } = new("--yes", "-y") { Description = "Do not ask; what is in the way is kept aside" };

    public void AddTo(Command command)
    {
        target.AcceptOnlyFromAmong("latest");
        from.AcceptOnlyFromAmong("primary", "replica");
        command.Options.Add(target);
        targets.AddTo(command);
        foreach (var option in (Option[])[from, resume, DryRun, Yes, journal, incident, only, skip, since, accept, fenced, isolated, into])
            command.Options.Add(option);
    }

    public bool IsFromReplica(ParseResult parsed) => parsed.GetValue(from) == "replica";

    public string? Into(ParseResult parsed) => parsed.GetValue(into) is { } folder ? Path.GetFullPath(folder) : null;

    /// <summary>What the command line says; the rest is the policy's.</summary>
    public RecoveryOptions Read(ParseResult parsed, JobContext job, SetCatalog catalog)
    {
        var objectives = job.Policy.Objectives;
        var chosen = targets.Read(parsed);
        if (parsed.GetResult(target) is not null && !chosen.IsLatest)
            throw new TwiBackupException(ExitCode.WrongUse, "--target latest and another target can't both be meant. Give one.");
        return new RecoveryOptions
        {
            Catalog = catalog,
            JournalFile = Path.GetFullPath(parsed.GetValue(journal) ?? DefaultJournal(parsed, job)),
            IncidentFile = parsed.GetValue(incident) is { } file ? Path.GetFullPath(file) : null,
            Resume = parsed.GetValue(resume),
            Target = chosen,
            Isolated = parsed.GetValue(isolated),
            KeepAside = parsed.GetValue(Yes),
            Skip = Skipped(parsed),
            OldPrimaryIsFenced = parsed.GetValue(fenced),
            AcceptedLossUntil = parsed.GetValue(accept) is { } loss ? TargetOptions.ReadTime("--accept-data-loss-until", loss) : null,
            OutageSince = parsed.GetValue(since) is { } began ? TargetOptions.ReadTime("--since", began) : null,
            // What the region's loss may cost is promised apart.
            Objectives = IsFromReplica(parsed) && objectives.Replica.Rpo is { } rpo
                ? objectives with { Database = objectives.Database with { Rpo = rpo } }
                : objectives,
            Verifications = job.Verifications(),
            Environment = job.Environment,
        };
    }

    /// <summary>What goes into a folder of its own keeps its journal there: it is no part of the system's recovery.</summary>
    private string DefaultJournal(ParseResult parsed, JobContext job) => Into(parsed) is { } folder
        ? Path.Combine(folder, "recovery.jsonl")
        : PolicyRecovery.JournalFile(job.Policy.System, job.Environment);

    /// <summary>The command line with which a run goes on, as it is typed.</summary>
    public static string ResumeCommand(ParseResult parsed, bool isAgreed)
    {
        string[] said = ["recover", "--resume", "--dry-run", "-n", "--yes", "-y"];
        var words = parsed.Tokens.Select(t => t.Value).Where(w => !said.Contains(w)).Select(Quoted);
        return string.Join(' ', [.. (string[])["twibackup", "recover", "--resume"], .. isAgreed ? (string[])["--yes"] : [], .. words]);
    }

    private HashSet<RecoveryStep> Skipped(ParseResult parsed)
    {
        var wanted = parsed.GetValue(only) ?? [];
        var skipped = RecoverySteps.All
            .Where(s => (wanted.Length > 0 && !wanted.Contains(s.Name())) || parsed.GetValue(skip)?.Contains(s.Name()) == true)
            .ToHashSet();
        // Without them nothing can be chosen, and nothing be told.
        skipped.Remove(RecoveryStep.Assess);
        skipped.Remove(RecoveryStep.Report);
        return skipped;
    }

    private static Option<string[]> Steps(string name, string description)
    {
        var option = new Option<string[]>(name)
        {
            Description = $"{description}: {string.Join(", ", RecoverySteps.All.Select(s => s.Name()))}",
            HelpName = "STEP",
            AllowMultipleArgumentsPerToken = true,
        };
        option.AcceptOnlyFromAmong([.. RecoverySteps.All.Select(s => s.Name())]);
        return option;
    }

    private static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=+,@%".Contains(c, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
