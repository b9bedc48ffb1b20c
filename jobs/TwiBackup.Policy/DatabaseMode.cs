namespace TwiBackup.Policy;

/// <summary>How a database is protected.</summary>
public enum DatabaseMode
{
    /// <summary>Base backups and continuous WAL over the replication protocol; any instant of the window can be restored.</summary>
    Physical,

    /// <summary>Logical dumps only, for servers that allow no physical replication; what is lost is up to one dump interval.</summary>
    Dump,
}
