using System.Globalization;

namespace TwiBackup.Files;

/// <summary>One file, folder or link of an archive, as the sealed index lists it.</summary>
public sealed record FileEntry
{
    /// <summary>The absolute path it came from without the leading slash, as <c>tar</c> stores it: <c>app/.env</c>.</summary>
    public required string Name { get; init; }

    public required FileEntryKind Kind { get; init; }

    /// <summary>Permission bits with setuid, setgid and sticky, 0 to 4095.</summary>
    public required int Mode { get; init; }

    public required uint UserId { get; init; }

    public required uint GroupId { get; init; }

    /// <summary>The owner's name where it came from; null when it had none there.</summary>
    public string? User { get; init; }

    /// <summary>The group's name where it came from; null when it had none there.</summary>
    public string? Group { get; init; }

    public required DateTimeOffset Modified { get; init; }

    /// <summary>Bytes of content; 0 for what has none.</summary>
    public long Length { get; init; }

    /// <summary>SHA-256 of the content, lower-case hexadecimal. The index is sealed, so it need not be keyed.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Where a symbolic link points, or the <see cref="Name"/> that a hard link shares its file with.</summary>
    public string? Target { get; init; }

    /// <summary>The mode as people write it: <c>0600</c>.</summary>
    public string ModeText() => Convert.ToString(Mode, 8).PadLeft(4, '0');

    /// <summary><c>uid:gid</c>.</summary>
    public string OwnerText() => string.Create(CultureInfo.InvariantCulture, $"{UserId}:{GroupId}");
}
