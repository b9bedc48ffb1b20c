namespace TwiBackup.Catalog;

/// <summary>Names and folders of <see cref="SetKind"/>.</summary>
public static class SetKinds
{
    /// <summary>All kinds, in the order in which they are shown.</summary>
    public static readonly IReadOnlyList<SetKind> All = Enum.GetValues<SetKind>();

    /// <summary>The kind's word on the command line and in manifests: full, differential, dump, configuration, repository, logs.</summary>
    public static string Name(this SetKind kind) => kind switch
    {
        SetKind.Full => "full",
        SetKind.Differential => "differential",
        SetKind.Dump => "dump",
        SetKind.Configuration => "configuration",
        SetKind.Repository => "repository",
        SetKind.Logs => "logs",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>The folder of the kind's sets below the system's, with its trailing slash.</summary>
    public static string Folder(this SetKind kind) =>
        kind is SetKind.Full or SetKind.Differential or SetKind.Dump ? $"database/{kind.Name()}/" : $"{kind.Name()}/";

    /// <summary>Whether sets of the kind are ordered by (timeline, stop LSN) instead of by their id.</summary>
    public static bool IsPhysical(this SetKind kind) => kind is SetKind.Full or SetKind.Differential;

    /// <summary>The kind of a word; false when there is none.</summary>
    public static bool TryParse(string name, out SetKind kind)
    {
        foreach (var candidate in All)
        {
            if (candidate.Name() == name)
            {
                kind = candidate;
                return true;
            }
        }

        kind = default;
        return false;
    }
}
