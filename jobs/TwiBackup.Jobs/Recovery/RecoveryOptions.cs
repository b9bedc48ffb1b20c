using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Verification;

namespace TwiBackup.Recovery;

/// <summary>
/// What is recovered, to where, and with what. Whoever has a policy fills it from there; whoever has the objects (a rehearsal) gives them.
/// </summary>
public sealed record RecoveryOptions
{
    /// <summary>The sets, with the identity, and with the signing key unless <see cref="Isolated"/>.</summary>
    public required SetCatalog Catalog { get; init; }

    /// <summary>The journal, made with mode 0600 when it is not there.</summary>
    public required string JournalFile { get; init; }

    /// <summary>The incident document; null: the journal's name with <c>.md</c> for its end.</summary>
    public string? IncidentFile { get; init; }

    /// <summary>Whether to go on with the recovery that the journal tells of; without a journal it begins.</summary>
    public bool Resume { get; init; }

    /// <summary>The command to go on with after a failure, for messages.</summary>
    public string ResumeCommand { get; init; } = "twibackup recover --resume";

    /// <summary>Where the database is recovered to; repository and configuration are the newest up to a target that is a time.</summary>
    public RecoveryTarget Target { get; init; } = RecoveryTarget.Latest;

    /// <summary>
    /// A drill beside a living system: the store is only read, no timeline's history, slot, receiver or full is made, the old primary may
    /// live, and people are told that it is a drill.
    /// </summary>
    public bool Isolated { get; init; }

    /// <summary>Steps that are not done.</summary>
    public IReadOnlySet<RecoveryStep> Skip { get; init; } = new HashSet<RecoveryStep>();

    /// <summary>
    /// Whether <see cref="RecoveryActions.Provision"/> makes a host on which the rest is done: the run then ends behind that step, unless
    /// it is resumed on another machine.
    /// </summary>
    public bool ContinuesElsewhere { get; init; }

    /// <summary>This machine, as the journal names it.</summary>
    public string Machine { get; init; } = Recovery.Machine.Name;

    /// <summary>Whether what is in the places that are restored to may be moved aside; if not, its presence is an error.</summary>
    public bool KeepAside { get; init; }

    /// <summary>The empty or new data directory; null: no database is recovered.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>The folder of the repository; null: none is recovered.</summary>
    public string? RepositoryFolder { get; init; }

    /// <summary>The root of the configuration, <c>/</c> for the places it came from; null: none is recovered.</summary>
    public string? ConfigurationRoot { get; init; }

    /// <summary>The PostgreSQL to restore with; null: the one of the set's major version is looked for.</summary>
    public PostgresInstallation? Installation { get; init; }

    /// <summary>The account that the server runs as; null: ourselves or postgres.</summary>
    public ServerAccount? Account { get; init; }

    /// <summary>The slot that is made before anybody is let in; null: none.</summary>
    public string? SlotName { get; init; }

    /// <summary>How clients and jobs reached the old primary: it must not answer as one. Null: nothing is asked.</summary>
    public ConnectionSettings? OldPrimary { get; init; }

    /// <summary>Whether a person says that the old primary is cut off from its clients, whatever it answers here.</summary>
    public bool OldPrimaryIsFenced { get; init; }

    /// <summary>The loss that is accepted when newest good sets are older than the RPO: not further back than this.</summary>
    public DateTimeOffset? AcceptedLossUntil { get; init; }

    /// <summary>When the outage began; null: the last sign of life in the store, or the recovery's beginning.</summary>
    public DateTimeOffset? OutageSince { get; init; }

    public required ObjectivesPolicy Objectives { get; init; }

    /// <summary>Each step's part of the system's RTO; a step without one has none.</summary>
    public IReadOnlyDictionary<RecoveryStep, TimeSpan> Shares { get; init; } = new Dictionary<RecoveryStep, TimeSpan>();

    /// <summary>What is done outside of the store.</summary>
    public RecoveryActions Actions { get; init; } = new();

    /// <summary>Records that tell how fast restores were; null: none.</summary>
    public VerificationLog? Verifications { get; init; }

    /// <summary>The variables this process was started with; PostgreSQL and its account are found by them.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
