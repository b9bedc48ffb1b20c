namespace TwiBackup.Policy.SystemChecks;

/// <summary>
/// What <c>verify system</c> asks of the system that runs now. What is absent is not asked, and that is said: it never counts as passed.
/// </summary>
public sealed record SystemPolicy
{
    /// <summary>How far this machine's clock may be off the store's when the policy does not say: further, and no backup is taken.</summary>
    public static readonly TimeSpan DefaultClock = TimeSpan.FromMinutes(5);

    /// <summary>When it is asked. Null: when backups are verified.</summary>
    public Schedule? Schedule { get; init; }

    /// <summary>The application's database.</summary>
    public SystemDatabasePolicy? Database { get; init; }

    /// <summary>The application's file of environment variables.</summary>
    public EnvironmentPolicy? Environment { get; init; }

    /// <summary>Logging in to the database as the application does; needs <see cref="Environment"/>.</summary>
    public LoginPolicy? Login { get; init; }

    public IReadOnlyList<CertificatePolicy> Certificates { get; init; } = [];

    /// <summary>The folder that the application runs from, a git work tree; absolute.</summary>
    public string? Code { get; init; }

    public LogProbePolicy? Logs { get; init; }

    public ProcessPolicy? Process { get; init; }

    /// <summary>Whether <see cref="AlertsPolicy.Discord"/> is asked whether it still exists, which posts nothing.</summary>
    public bool Webhook { get; init; }

    /// <summary>How far this machine's clock may be off the store's.</summary>
    public TimeSpan Clock { get; init; } = DefaultClock;
}
