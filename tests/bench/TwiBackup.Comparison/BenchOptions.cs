namespace TwiBackup.Comparison;

/// <summary>What to measure, and how much of it.</summary>
/// <param name="Executable">The native executable to measure.</param>
/// <param name="Size">Bytes of the large database.</param>
/// <param name="Pairs">How often ours and its peer run in turn.</param>
/// <param name="Rows">Names of the rows to measure; empty: all.</param>
/// <param name="Folder">Where everything is made, below a folder of its own.</param>
/// <param name="Keep">Whether that is left behind.</param>
/// <param name="Page">The page whose table is written; null: none.</param>
internal sealed record BenchOptions(
    string Executable, long Size, int Pairs, IReadOnlyList<string> Rows, string Folder, bool Keep, string? Page)
{
    /// <summary>The other size, at which memory must be the same.</summary>
    public long SmallSize => Size / 10;
}
