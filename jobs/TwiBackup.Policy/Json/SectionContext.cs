namespace TwiBackup.Policy.Json;

/// <summary>What the sections of one file share.</summary>
/// <param name="folder">Where relative paths of the policy start.</param>
internal sealed class SectionContext(PolicyErrors errors, string folder)
{
    private SortedDictionary<string, IReadOnlyList<string>>? _keys;

    public PolicyErrors Errors => errors;

    public string Folder => folder;

    /// <summary>Whether absent sections are entered too, to collect the known keys.</summary>
    public bool IsExploring => _keys is not null;

    /// <summary>The known keys by the section's path; indices left out: <c>backups.configuration.paths[]</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Explore() => _keys ??= new(StringComparer.Ordinal);

    public void Saw(string path, IReadOnlyList<string> known)
    {
        if (_keys is not null)
            _keys[path.Replace("[0]", "[]", StringComparison.Ordinal)] = [.. known];
    }
}
