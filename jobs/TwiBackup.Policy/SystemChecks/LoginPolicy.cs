namespace TwiBackup.Policy.SystemChecks;

/// <summary>
/// Logging in to the database as the application does. Names of variables of <see cref="EnvironmentPolicy.File"/>; of alternatives,
/// <c>A|B</c>, the first that is there.
/// </summary>
public sealed record LoginPolicy
{
    /// <summary>A whole connection URL; goes before the parts below, but for <see cref="Port"/>.</summary>
    public string? Url { get; init; }

    public string? Host { get; init; }

    /// <summary>
    /// When it is named, only this variable counts, else 5432: some clients pass over the port of a URL. Null: the URL's port, or 5432.
    /// </summary>
    public string? Port { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    public string? Database { get; init; }

    /// <summary>Tables that the application must be able to read and to insert into, with their schema; undone.</summary>
    public IReadOnlyList<string> Writes { get; init; } = [];

    /// <summary>The schema that the application must be able to create tables in; undone. Null: not asked.</summary>
    public string? Creates { get; init; }

    /// <summary>Functions without arguments that the application must be able to call, with their schema; undone.</summary>
    public IReadOnlyList<string> Calls { get; init; } = [];
}
