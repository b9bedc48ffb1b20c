namespace TwiBackup.Catalog;

/// <summary>What a backup set holds. Each kind has a folder, a schedule and a retention of its own.</summary>
public enum SetKind
{
    /// <summary>A physical base backup with the WAL that makes it consistent.</summary>
    Full,

    /// <summary>Blocks changed since a full.</summary>
    Differential,

    /// <summary>Roles and one logical dump a database.</summary>
    Dump,

    /// <summary>Configuration files with modes and owners.</summary>
    Configuration,

    /// <summary>A git bundle with every ref.</summary>
    Repository,

    /// <summary>Rotated log files.</summary>
    Logs,
}
