namespace TwiBackup.Postgres;

/// <summary>One database of a server.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its size; null when the role may not ask.</param>
/// <param name="Encoding">E.g. UTF8.</param>
/// <param name="Collation">LC_COLLATE.</param>
/// <param name="CollationVersion">The library's version its collation was made with; null where there is none to record (C, or a server
/// before 15).</param>
/// <param name="Extensions">Installed extensions with their versions; null when the role may not connect.</param>
public sealed record DatabaseFacts(
    string Name, long? Bytes, string Encoding, string Collation, string? CollationVersion, IReadOnlyDictionary<string, string>? Extensions);
