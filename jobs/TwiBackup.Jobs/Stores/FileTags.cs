using System.Text.Json;
using System.Text.Json.Serialization;

namespace TwiBackup.Stores;

/// <summary>
/// Tags of a file store: a small JSON file for each tagged object, at the object's key below <c>.twibackup/tags</c>.
/// Tags decide what expires, so they may get lost with an object but never outlive it: a later object of that key starts without.
/// </summary>
internal static partial class FileTags
{
    public static Dictionary<string, string> Read(FileLayout layout, string key)
    {
        try
        {
            var json = File.ReadAllBytes(PathOf(layout, key));
            return JsonSerializer.Deserialize(json, TagsJson.Default.DictionaryStringString) ?? [];
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (JsonException broken)
        {
            throw new TwiBackupException(
                $"The tags of {key} in {layout.Root} are damaged. Set them again, or remove {PathOf(layout, key)}", broken);
        }
    }

    public static void Write(FileLayout layout, string key, IReadOnlyDictionary<string, string> tags)
    {
        if (tags.Count == 0)
        {
            Remove(layout, key);
            return;
        }
        layout.EnsureFolder(layout.Temporary);
        var temporary = layout.NewTemporaryPath();
        try
        {
            var sorted = new Dictionary<string, string>(tags.OrderBy(tag => tag.Key, StringComparer.Ordinal));
            using (var file = PrivateFile.Create(temporary))
            {
                JsonSerializer.Serialize(file, sorted, TagsJson.Default.DictionaryStringString);
                file.Flush(flushToDisk: true);
            }
            _ = layout.Publish(temporary, PathOf(layout, key), PutCondition.Replace);
        }
        finally
        {
            _ = Posix.Remove(temporary);
        }
    }

    public static void Remove(FileLayout layout, string key) => FileLayout.Remove(PathOf(layout, key), layout.Tags);

    /// <summary>Before a new object takes the key: no tags wait for it, those it replaces or of one deleted half-way.</summary>
    public static void Forget(FileLayout layout, string key, PutCondition condition)
    {
        if (Posix.Status(PathOf(layout, key)) is null)
            return;
        if (condition == PutCondition.Replace || Posix.Status(layout.PathOf(key)) is null)
            Remove(layout, key);
    }

    private static string PathOf(FileLayout layout, string key) => Path.Combine(layout.Tags, key);

    [JsonSerializable(typeof(Dictionary<string, string>))]
    private sealed partial class TagsJson : JsonSerializerContext;
}
