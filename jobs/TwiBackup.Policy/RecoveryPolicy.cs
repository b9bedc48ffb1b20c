namespace TwiBackup.Policy;

/// <summary>
/// How the whole system is recovered: where to, by which commands, in which part of the time. Commands are argument lists, run without a
/// shell.
/// </summary>
public sealed record RecoveryPolicy
{
    /// <summary>Starts the host of the stack <c>dr</c>.</summary>
    public static readonly IReadOnlyList<string> DefaultProvision = ["pulumi", "up", "--stack", "dr", "--yes"];

    /// <summary>Starts the application where its repository was restored.</summary>
    public static readonly IReadOnlyList<string> DefaultDeploy = ["docker", "compose", "up", "-d"];

    /// <summary>What the default commands need to find their accounts.</summary>
    public static readonly IReadOnlyList<string> DefaultEnvironment = ["AWS_*", "PULUMI_*", "DOCKER_*"];

    public RecoveryPlace Place { get; init; }

    /// <summary>Makes the place. Run in the policy's folder; must be safe to repeat.</summary>
    public IReadOnlyList<string> Provision { get; init; } = DefaultProvision;

    /// <summary>Starts the restored database for its clients. Empty: PostgreSQL's own <c>pg_ctl</c>.</summary>
    public IReadOnlyList<string> Start { get; init; } = [];

    /// <summary>
    /// How the recovered database is reached from where it is recovered, a libpq URI or keywords without a password, or a reference;
    /// <c>database.password</c> is its password. Null: as the lost one was.
    /// </summary>
    public ConnectionText? Connection { get; init; }

    /// <summary>Starts the application, in the repository's folder; must be safe to repeat. Empty: nothing is started.</summary>
    public IReadOnlyList<string> Deploy { get; init; } = DefaultDeploy;

    /// <summary>Leads clients to the recovered system, in the policy's folder; must be safe to repeat. Empty: nothing does.</summary>
    public IReadOnlyList<string> Route { get; init; } = [];

    /// <summary>Variables that the commands get beside PATH and HOME: names, or beginnings of names with <c>*</c>. Never the policy's secrets.</summary>
    public IReadOnlyList<string> Environment { get; init; } = DefaultEnvironment;

    /// <summary>Absolute: the data directory of the restored cluster.</summary>
    public string DataDirectory { get; init; } = "/var/lib/postgresql/data";

    /// <summary>Absolute: where the repository is restored to. Null: where it came from when that was a folder, else <c>/app</c>.</summary>
    public string? Repository { get; init; }

    /// <summary>Absolute: below which folder the configuration is restored; <c>/</c> is the place it came from.</summary>
    public string ConfigurationRoot { get; init; } = "/";

    /// <summary>Parts of the system's RTO by step; the steps that are not named share what is left.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Shares { get; init; } = new Dictionary<string, TimeSpan>();
}
