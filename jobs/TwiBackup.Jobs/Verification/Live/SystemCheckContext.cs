using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Sealing;

namespace TwiBackup.Verification.Live;

/// <summary>What the checks of the running system are made from.</summary>
public sealed record SystemCheckContext
{
    /// <summary>With the section <c>verification.system</c>, or nothing is asked.</summary>
    public required BackupPolicy Policy { get; init; }

    /// <summary>The store that the system is backed up to; public keys are enough.</summary>
    public required SetCatalog Catalog { get; init; }

    /// <summary>Finds out how the application's database is reached, as a role that may look at everything.</summary>
    public required Func<ConnectionSettings> Connection { get; init; }

    /// <summary>The variables this process was started with.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The writer's signing key, with which manifests' hashes are keyed. Null: it is not here.</summary>
    public SigningKey? HashKey { get; init; }

    public required TimeProvider Clock { get; init; }
}
