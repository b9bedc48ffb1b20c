using TwiBackup.Catalog;
using TwiBackup.Verification;

namespace TwiBackup.Recovery;

/// <summary>
/// What a recovery does outside of the store: each is asked when its step comes, and answers with one line for the journal. A null is a
/// step that has nothing to do here, which the journal says.
/// </summary>
public sealed record RecoveryActions
{
    /// <summary>Tells people. A failure is said and fails nothing.</summary>
    public Func<RecoveryNotice, CancellationToken, Task<string>>? Notify { get; init; }

    /// <summary>Makes the place to recover to. Must be safe to repeat.</summary>
    public Func<CancellationToken, Task<string>>? Provision { get; init; }

    /// <summary>
    /// Restores a dump into a server that is there, when the options name no data directory; must be safe to repeat. The set is the newest
    /// that is whole.
    /// </summary>
    public Func<BackupSet, CancellationToken, Task<string>>? RestoreDump { get; init; }

    /// <summary>
    /// Puts the WAL receiver in place before anybody is let in; it connects once the server answers. Disposed of at the recovery's end.
    /// </summary>
    public Func<RecoveredDatabase, CancellationToken, Task<IAsyncDisposable>>? StartReceiver { get; init; }

    /// <summary>
    /// Starts the restored server for its clients, and returns when it accepts them; a resumed run asks again. Null: it stays stopped.
    /// </summary>
    public Func<RecoveredDatabase, CancellationToken, Task<string>>? OpenDatabase { get; init; }

    /// <summary>
    /// Takes the first full of the new timeline, while the recovery goes on. It is waited for at the end; a failure is said and fails
    /// nothing.
    /// </summary>
    public Func<RecoveredDatabase, CancellationToken, Task<string>>? TakeFull { get; init; }

    /// <summary>Starts the application. Must be safe to repeat.</summary>
    public Func<CancellationToken, Task<string>>? Deploy { get; init; }

    /// <summary>Asks the system whether it works.</summary>
    public Func<CancellationToken, Task<IReadOnlyList<Check>>>? Verify { get; init; }

    /// <summary>Leads clients to the recovered system. Must be safe to repeat.</summary>
    public Func<CancellationToken, Task<string>>? Route { get; init; }
}
