namespace TwiBackup.Rehearsal;

/// <summary>What is tried against a store.</summary>
internal enum Deed
{
    /// <summary>Something new that looks like a backup.</summary>
    Plant,

    /// <summary>Something else under a name that is there.</summary>
    Overwrite,

    /// <summary>The current version away, which hides what a store with versions keeps behind it.</summary>
    Delete,

    /// <summary>One version away for good.</summary>
    Destroy,
}
