namespace TwiBackup.Policy;

/// <summary>What is taken. A section that is absent is a kind that is not taken.</summary>
public sealed record BackupsPolicy
{
    public FullPolicy? Full { get; init; }

    public IncrementalPolicy? Incremental { get; init; }

    public DumpPolicy? Dump { get; init; }

    public ConfigurationPolicy? Configuration { get; init; }

    public RepositoryPolicy? Repository { get; init; }

    public LogsPolicy? Logs { get; init; }
}
