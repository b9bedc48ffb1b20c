namespace TwiBackup.Postgres;

/// <summary>How <see cref="LocalServer.StartAsync"/> starts a server on a data directory.</summary>
public sealed record LocalServerOptions
{
    public required PostgresInstallation Installation { get; init; }

    public required ServerAccount Account { get; init; }

    /// <summary>The folder of its Unix socket; null: a short private one of mode 0700, deleted at the end.</summary>
    public string? SocketDirectory { get; init; }

    /// <summary>Also the number in the socket's name. Null: a free one.</summary>
    public int? Port { get; init; }

    /// <summary>listen_addresses; empty: the Unix socket alone.</summary>
    public string ListenAddresses { get; init; } = "";

    /// <summary>Settings that go before every file's (<c>-c</c>). Never a secret.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>A pg_hba.conf instead of the cluster's own.</summary>
    public string? HbaFile { get; init; }

    /// <summary>Where the server writes its log; null: <c>server.log</c> beside its socket.</summary>
    public string? LogFile { get; init; }

    /// <summary>The role of <see cref="LocalServer.Connection"/>.</summary>
    public string Superuser { get; init; } = "postgres";

    /// <summary>The longest time until it accepts connections; it may have to recover first. Default: no limit.</summary>
    public TimeSpan StartTimeout { get; init; } = Timeout.InfiniteTimeSpan;
}
