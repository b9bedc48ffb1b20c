namespace TwiBackup.Postgres;

/// <summary>What a <see cref="ChildProcess"/> is started with.</summary>
public sealed record ChildProcessOptions
{
    /// <summary>A path, or a name that is looked up in PATH.</summary>
    public required string Program { get; init; }

    /// <summary>Handed over one by one, without a shell. Never a secret: every account of the machine can read them.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>
    /// Added to the clean environment, which has only PATH, HOME, LANG=C.UTF-8 and TZ=UTC. A null value takes one of those away.
    /// </summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Run as this account instead of as ourselves.</summary>
    public ServerAccount? Account { get; init; }

    public string WorkingDirectory { get; init; } = "/";

    /// <summary>Copied to the program's standard input, which is then closed; null: it reads nothing.</summary>
    public Stream? Input { get; init; }

    /// <summary>Start in a session and process group of its own, so that signals of the terminal pass it by.</summary>
    public bool OwnSession { get; init; }
}
