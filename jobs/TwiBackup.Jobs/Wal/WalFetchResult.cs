namespace TwiBackup.Wal;

/// <summary>
/// What <see cref="WalFetch"/> tells PostgreSQL. Everything else is an exception, which the command turns into exit code 126, so that
/// recovery aborts: with exit 1 PostgreSQL takes the archive's end for reached and opens for business with what it has.
/// </summary>
public enum WalFetchResult
{
    /// <summary>Exit 0: the file is verified, synced and in place.</summary>
    Fetched = 0,

    /// <summary>Exit 1: the store was reached, and neither this file nor any later one on the target's timeline path exists.</summary>
    NotThere = 1,
}
