namespace TwiBackup.Policy;

/// <summary>
/// Everything that is promised, as <c>twibackup.json</c> says it: what is protected, how often, for how long, where,
/// and the objectives that it must meet. Read by <see cref="PolicyFile"/>; whether the promises agree with each other
/// is <see cref="PolicyCheck"/>'s question.
/// </summary>
public sealed record BackupPolicy
{
    /// <summary>The version of the file's shape; 1.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The first part of every name in the store: 1 to 63 lower-case letters, digits and <c>-</c>.</summary>
    public required string System { get; init; }

    /// <summary>The zone in which the schedules are meant. Everything else is UTC.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    public required DatabasePolicy Database { get; init; }

    public required StoresPolicy Stores { get; init; }

    public required KeysPolicy Keys { get; init; }

    public required BackupsPolicy Backups { get; init; }

    /// <summary>Null: nothing is verified by schedule, which the check complains about.</summary>
    public VerificationPolicy? Verification { get; init; }

    /// <summary>Null: no disaster is rehearsed by schedule, which the check complains about.</summary>
    public RehearsalPolicy? Rehearsal { get; init; }

    /// <summary>How far back any instant can be restored; above zero.</summary>
    public TimeSpan RecoveryWindow { get; init; } = TimeSpan.FromDays(7);

    public required ObjectivesPolicy Objectives { get; init; }

    public AlertsPolicy Alerts { get; init; } = new();

    public RecoveryPolicy Recovery { get; init; } = new();

    /// <summary>Every secret that the policy names; public keys are none.</summary>
    public IEnumerable<SecretReference> Secrets() => new[]
    {
        Database.Connection.Reference, Database.Password, Keys.Identity, Keys.SigningKey, Keys.VerifierKey, Backups.Repository?.TokenSecret,
        Alerts.Discord, Alerts.Ping, Recovery.Connection?.Reference,
    }.OfType<SecretReference>();

    /// <summary>
    /// How long an object of a kind is kept at least; the newest good set of a kind is kept whatever its age.
    /// </summary>
    /// <param name="kind">
    /// <c>full</c>, <c>differential</c>, <c>incremental</c> or <c>wal</c>, <c>dump</c>, <c>configuration</c>, <c>repository</c>,
    /// <c>logs</c>, <c>verification</c>, <c>rehearsal</c>; a prefix as in <c>database/full</c> is left aside.
    /// </param>
    /// <exception cref="ArgumentException">There is no such kind.</exception>
    /// <exception cref="TwiBackupException">The policy takes no backups of that kind.</exception>
    public TimeSpan KeepFor(string kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        var name = kind[(kind.LastIndexOf('/') + 1)..];
        var keep = name switch
        {
            "full" => Backups.Full?.Keep,
            "differential" or "incremental" or "wal" => Backups.Incremental?.Keep,
            "dump" => Backups.Dump?.Keep,
            "configuration" => Backups.Configuration?.Keep,
            "repository" => Backups.Repository?.Keep,
            "logs" => Backups.Logs?.Keep,
            "verification" => Verification?.Keep ?? VerificationPolicy.DefaultKeep,
            "rehearsal" => Rehearsal?.Keep ?? RehearsalPolicy.DefaultKeep,
            _ => throw new ArgumentException($"There is no kind of backup named {kind}.", nameof(kind)),
        };
        return keep ?? throw new TwiBackupException(
            ExitCode.WrongUse, $"The policy of {System} takes no backups of kind {name}; add the section backups.{name} to it.");
    }
}
