using System.Text.Json;

namespace TwiBackup.Files;

/// <summary>
/// The sealed list of what is in an archive, <c>index.json.zst.age</c> beside it. What a restore would do is known and judged from it
/// before a byte of the archive is read; the archive must then be exactly that.
/// </summary>
public sealed record FileIndex
{
    public const string CurrentFormat = "twibackup-files-1";

    public required string Format { get; init; }

    /// <summary>In the order of the archive: a folder stands before what is in it.</summary>
    public required IReadOnlyList<FileEntry> Entries { get; init; }

    /// <summary>Reads an index; throws <see cref="InvalidDataException"/>.</summary>
    public static async Task<FileIndex> ReadAsync(Stream json, CancellationToken cancellationToken)
    {
        try
        {
            var index = await JsonSerializer.DeserializeAsync(json, FilesJson.Default.FileIndex, cancellationToken);
            return index is { Format: CurrentFormat } ? index : throw new InvalidDataException($"The index is no {CurrentFormat}.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The index can't be read: {e.Message}", e);
        }
    }
}
