namespace TwiBackup.Files;

/// <summary>In what a place differs from a backup.</summary>
[Flags]
public enum FileDifferenceKind
{
    None = 0,

    /// <summary>In the backup only.</summary>
    Missing = 1,

    /// <summary>In the place only, within a folder that the backup has. A restore leaves it.</summary>
    Added = 2,

    /// <summary>Another kind of thing.</summary>
    Type = 4,

    Content = 8,

    Mode = 16,

    Owner = 32,

    /// <summary>A link that points elsewhere.</summary>
    Target = 64,
}
