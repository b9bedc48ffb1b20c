using TwiBackup.Catalog;
using TwiBackup.Database;

namespace TwiBackup.Rehearsal.Local;

/// <summary>What is to be recovered.</summary>
internal sealed record RecoveryWish
{
    /// <summary>From where, and with which keys.</summary>
    public required SetCatalog Catalog { get; init; }

    /// <summary>What the host had beside the database when it was last backed up; null: the host is still there, only the database is lost.</summary>
    public HomeBackups? Home { get; init; }

    public RecoveryTarget Target { get; init; } = RecoveryTarget.Latest;

    /// <summary>Acknowledgements from here on count.</summary>
    public required Bot.MonotonicInstant Since { get; init; }

    /// <summary>Acknowledgements up to here had to be kept; null: up to the disaster.</summary>
    public Bot.MonotonicInstant? Until { get; init; }
}
