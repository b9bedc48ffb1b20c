using TwiBackup.Catalog;

namespace TwiBackup.Files;

/// <summary>
/// Names of what a restore keeps and makes beside a file: <c>&lt;name&gt;.twibackup-&lt;id&gt;</c> is what it replaced, in the same folder
/// because only there a rename is atomic and the old protection still holds. No backup takes such files up.
/// </summary>
public static class AsideName
{
    private const string Mark = ".twibackup-";
    private const string StagedSuffix = ".new";

    /// <summary>The name under which what had <paramref name="name"/> is kept.</summary>
    public static string Of(string name, string runId) => $"{name}{Mark}{runId}";

    /// <summary>The name of something not yet in its place.</summary>
    public static string Staged(string runId, int number) => $"{Mark}{runId}-{number}{StagedSuffix}";

    /// <summary>The run that staged a name; null: the name is no staged one.</summary>
    public static string? StagedBy(string name) =>
        name.StartsWith(Mark, StringComparison.Ordinal) && name.EndsWith(StagedSuffix, StringComparison.Ordinal)
        && name[Mark.Length..^StagedSuffix.Length] is var rest && rest.LastIndexOf('-') is var dash and > 0
            ? rest[..dash]
            : null;

    /// <summary>Whether a file name is one of these.</summary>
    public static bool Is(string name)
    {
        var at = name.LastIndexOf(Mark, StringComparison.Ordinal);
        if (at < 0)
            return false;
        var rest = name[(at + Mark.Length)..];
        return SetId.TryParse(rest, out _)
            || (rest.EndsWith(StagedSuffix, StringComparison.Ordinal) && rest.LastIndexOf('-') is var dash and > 0
                && SetId.TryParse(rest[..dash], out _));
    }
}
