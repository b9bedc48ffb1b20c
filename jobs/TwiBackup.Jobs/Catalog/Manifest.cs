using System.Text.Json.Serialization;

namespace TwiBackup.Catalog;

/// <summary>
/// What a set is and holds: <c>manifest.json</c>, written last and once. Its bytes are signed (<c>manifest.json.minisig</c>);
/// <c>docs/formats.md</c> describes every member.
/// </summary>
public sealed record Manifest
{
    /// <summary>The only format there is.</summary>
    public const string CurrentFormat = "twibackup-set-1";

    public required string Format { get; init; }

    /// <summary>The policy's system name.</summary>
    public required string System { get; init; }

    /// <summary>A word of <see cref="SetKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>A <see cref="SetId"/>.</summary>
    public required string Id { get; init; }

    /// <summary>Full prefix of the set in the store, with trailing slash: a manifest found elsewhere is a replay and refused.</summary>
    public required string Prefix { get; init; }

    /// <summary>The set of this kind that was the newest when this one began; null for the first.</summary>
    public PreviousSet? Previous { get; init; }

    /// <summary>Program and version that wrote it.</summary>
    public required string Tool { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset CompletedAt { get; init; }

    /// <summary>Readers pass over the set after this instant unless told; retention may remove it then.</summary>
    public required DateTimeOffset KeepUntil { get; init; }

    /// <summary>Every object of the set but the manifest and its signature.</summary>
    public required IReadOnlyList<ManifestObject> Objects { get; init; }

    /// <summary>Facts of the server; physical and dump sets have them.</summary>
    public SourceFacts? Database { get; init; }

    /// <summary>Facts of a dump set.</summary>
    public DumpFacts? Dump { get; init; }

    /// <summary>Facts of a configuration set.</summary>
    public ConfigurationFacts? Configuration { get; init; }

    /// <summary>Facts of a repository set.</summary>
    public RepositoryFacts? Repository { get; init; }

    /// <summary>Facts of a log set.</summary>
    public LogFacts? Logs { get; init; }

    /// <summary>Stored bytes of all objects.</summary>
    [JsonIgnore]
    public long StoredBytes => Objects.Sum(o => o.Length);

    /// <summary>Plaintext bytes of all objects.</summary>
    [JsonIgnore]
    public long PlainBytes => Objects.Sum(o => o.PlainLength);
}
