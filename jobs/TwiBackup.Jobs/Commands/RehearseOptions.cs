using System.CommandLine;
using System.CommandLine.Parsing;
using TwiBackup.Policy;
using TwiBackup.Progress;
using TwiBackup.Rehearsal;

namespace TwiBackup.Commands;

/// <summary>The options of <c>twibackup rehearse</c>.</summary>
internal sealed class RehearseOptions
{
    /// <summary>With these the host's programs reach an S3 store with rights of their own, as they should.</summary>
    private const string WriterPrefix = "TWIBACKUP_WRITER_";

    private const string LostHost = "lost-host";

    private static readonly string[] WriterVariables = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

    private readonly Option<long> size = new("--size")
    {
        Description = "How much data the bot's database holds, e.g. 100MB or 2GB",
        HelpName = "SIZE",
        DefaultValueFactory = _ => 100_000_000,
        CustomParser = ReadSize,
    };

    private readonly Option<string?> store = new("--store")
    {
        Description = "Where the backups go, e.g. s3://bucket/prefix?endpoint=… (default: a folder of its own). A part of its own is used and removed; "
            + $"with {WriterPrefix}AWS_ACCESS_KEY_ID and {WriterPrefix}AWS_SECRET_ACCESS_KEY set, the host's programs and the attacker use these",
        HelpName = "URL",
    };

    private readonly Option<string?> replica = new("--replica") { Description = "The second place, for lost-region and ransomware (default: a folder of its own)", HelpName = "URL" };
    private readonly Option<int?> kills = new("--kills") { Description = "How often the disaster happens, the worst being reported (default: as the scenario needs)", HelpName = "N" };
    private readonly Option<TimeSpan?> rpo = Time("--rpo", "The most of the database's writes that may be lost, e.g. 5s, instead of the policy's");
    private readonly Option<TimeSpan?> rto = Time("--rto", "The longest that database and system may be away, e.g. 10m, instead of the policy's");
    private readonly Option<int?> seed = new("--seed") { Description = "Repeat what an earlier run chose by chance", HelpName = "N" };
    private readonly Option<bool> keep = new("--keep") { Description = "Leave everything behind to look at" };

    /// <summary>Which one.</summary>
    public Option<string> Scenario { get; } = new("--scenario") { Description = string.Join(", ", Scenarios.All.Keys), HelpName = "NAME", DefaultValueFactory = _ => LostHost };

    public Option<bool> All { get; } = new("--all") { Description = "All scenarios, one after the other, and one table at the end" };

    public Option<bool> Record { get; } = new("--record") { Description = "Store the report in the primary store of the policy, signed with keys.verifierKey" };

    public Option<bool> Isolated { get; } = new("--isolated")
    {
        Description = "No system of its own and no disaster: recover what is really in the policy's store (lost-region: in its replica, where it names one) beside what runs, check and measure it, "
            + "and remove it. Only the store is reached: no alert is sent, no bot started, nothing written but the record",
    };

    public Option<string?> Scratch { get; } = new("--scratch") { Description = "Where --isolated recovers to; needs room for the whole database (default: the server account's home, else the temporary folder)", HelpName = "FOLDER" };

    public Option<string?> Json { get; } = new("--json") { Description = "Write the report, with --all that of all, to this file", HelpName = "FILE" };

    public Option<string?> Page { get; } = new("--html") { Description = "Write the report, with --all that of all, as a page to look at: one file that loads nothing", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        Scenario.AcceptOnlyFromAmong([.. Scenarios.All.Keys]);
        foreach (var option in (Option[])[Scenario, All, size, store, replica, kills, rpo, rto, seed, keep, Record, Isolated, Scratch, Json, Page])
            command.Options.Add(option);
        command.Validators.Add(Validate);
    }

    /// <summary>Whether a policy is asked for more than its objectives.</summary>
    public bool NeedsPolicy(ParseResult parsed) => parsed.GetValue(Record) || parsed.GetValue(Isolated);

    /// <param name="parsed">The command line.</param>
    /// <param name="policy">The policy, where it was loaded already; its objectives count also when it is only named.</param>
    public RehearsalOptions Read(ParseResult parsed, BackupPolicy? policy)
    {
        var environment = ProcessEnvironment.Read();
        if (policy is null && parsed.GetValue(GlobalOptions.Policy) is { } file)
            policy = PolicyFile.Load(file);
        var writer = WriterVariables.Where(v => environment.GetValueOrDefault(WriterPrefix + v) is { Length: > 0 })
            .ToDictionary(v => v, v => environment[WriterPrefix + v], StringComparer.Ordinal);
        foreach (var variable in writer.Keys)
            Environment.SetEnvironmentVariable(WriterPrefix + variable, null);
        return new RehearsalOptions
        {
            Size = parsed.GetValue(size),
            Store = parsed.GetValue(store),
            Replica = parsed.GetValue(replica),
            Kills = parsed.GetValue(kills),
            Objectives = Objectives(parsed, policy),
            Seed = parsed.GetValue(seed) ?? Random.Shared.Next(),
            Keep = parsed.GetValue(keep),
            Environment = environment,
            WriterEnvironment = writer.Count == 0 ? null : writer,
        };
    }

    /// <summary>The policy's objectives, or the guide's, with what the command line says instead.</summary>
    public ObjectivesPolicy Objectives(ParseResult parsed, BackupPolicy? policy)
    {
        var objectives = policy?.Objectives ?? GuideObjectives.All;
        if (parsed.GetValue(rpo) is { } lost)
            objectives = objectives with { Database = objectives.Database with { Rpo = lost }, Replica = objectives.Replica with { Rpo = lost } };
        if (parsed.GetValue(rto) is { } away)
            objectives = objectives with { Database = objectives.Database with { Rto = away }, System = objectives.System with { Rto = away } };
        return objectives;
    }

    private void Validate(CommandResult result)
    {
        bool Has(Option option) => result.GetResult(option) is { Implicit: false };
        void Refuse(string message) => result.AddError(message);
        if (Has(All) && Has(Scenario))
            Refuse("--all runs every scenario; leave --scenario out.");
        if (Has(kills) && result.GetValue(kills) is < 1 or > 100)
            Refuse("--kills is from 1 to 100.");
        if (!result.GetValue(Isolated))
        {
            if (Has(Scratch))
                Refuse("--scratch belongs to --isolated.");
            return;
        }

        if (!IsolatedDrill.Scenarios.Contains(result.GetValue(Scenario) ?? LostHost) || Has(All))
            Refuse($"--isolated recovers what is really there, and nothing is destroyed for it: it goes with --scenario {string.Join(" or ", IsolatedDrill.Scenarios)}.");
        foreach (var option in (Option[])[size, store, replica, kills, seed, keep])
        {
            if (Has(option))
                Refuse($"{option.Name} is of a rehearsal on a system of its own; leave it out with --isolated.");
        }

        if (result.GetResult(GlobalOptions.Alert) is { Implicit: false })
            Refuse("--isolated sends no alert; leave --alert out.");
    }

    private static Option<TimeSpan?> Time(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result =>
        {
            if (Duration.TryParse(result.Tokens[0].Value, out var time))
                return time;
            result.AddError($"{name} \"{result.Tokens[0].Value}\" is not a duration. Write it like 500ms, 5s, 10m or 1h.");
            return null;
        },
    };

    private static long ReadSize(ArgumentResult result)
    {
        if (SizeText.TryParse(result.Tokens[0].Value, out var bytes))
            return bytes;
        result.AddError($"--size \"{result.Tokens[0].Value}\" is not a size. Write it like 100MB or 2GB.");
        return 0;
    }
}
