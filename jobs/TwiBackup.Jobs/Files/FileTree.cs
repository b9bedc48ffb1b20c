namespace TwiBackup.Files;

/// <summary>Files as they were found: what goes into an archive, and what does not.</summary>
/// <param name="Entries">In ordinal order of names, so that a folder stands before what is in it.</param>
/// <param name="Missing">Paths and patterns that name nothing.</param>
/// <param name="Remarks">Lines for a person: what was left out and what a restore would miss.</param>
public sealed record FileTree(IReadOnlyList<FileEntry> Entries, IReadOnlyList<string> Missing, IReadOnlyList<string> Remarks);
