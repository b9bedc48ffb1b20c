namespace TwiBackup.Rehearsal;

/// <summary>What happens to a stored object.</summary>
internal enum StoreDamageKind
{
    /// <summary>One bit is another.</summary>
    Flipped,

    /// <summary>Its end is missing.</summary>
    Truncated,

    /// <summary>It is not there any more.</summary>
    Gone,
}
