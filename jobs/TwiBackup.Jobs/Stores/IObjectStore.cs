namespace TwiBackup.Stores;

/// <summary>
/// Objects by key: the narrow interface that every backend keeps, and that the conformance suite holds it to.
/// Keys are relative to the store's prefix, use <c>/</c>, hold printable ASCII without <c>..</c>, empty or leading-dot parts.
/// Every method retries what is worth retrying by itself; what it throws is final: <see cref="ObjectMissingException"/>,
/// <see cref="ObjectExistsException"/>, or another <see cref="TwiBackupException"/> that names store, key and remedy.
/// </summary>
public interface IObjectStore : IAsyncDisposable
{
    /// <summary>The store for messages and records, e.g. <c>s3://bucket/prefix</c>. Never holds a secret.</summary>
    string Location { get; }

    /// <summary>
    /// Starts an object. It becomes visible whole, or not at all, by <see cref="ObjectUpload.CommitAsync"/>, which returns
    /// only when it is durable. With <see cref="PutCondition.IfAbsent"/> the commit throws <see cref="ObjectExistsException"/>
    /// when the key is taken, but for one's own retried put, which is recognised.
    /// </summary>
    Task<ObjectUpload> CreateAsync(string key, PutCondition condition, CancellationToken cancellationToken);

    /// <summary>
    /// Reads an object, or <paramref name="range"/> of it, from the current version or the one named.
    /// A connection cut in the middle is resumed where it stopped. Throws <see cref="ObjectMissingException"/>.
    /// </summary>
    Task<Stream> OpenReadAsync(string key, ReadRange? range, string? version, CancellationToken cancellationToken);

    /// <summary>Length and time of the current version, or null when there is none (or a delete marker hides it).</summary>
    Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Current objects whose key begins with <paramref name="prefix"/> (any string, not only a folder), in ordinal order of keys,
    /// from the first that is greater than <paramref name="startAfter"/>.
    /// </summary>
    IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? startAfter, CancellationToken cancellationToken);

    /// <summary>
    /// All versions and delete markers, newest first within a key. A backend without versions lists current objects only.
    /// </summary>
    IAsyncEnumerable<ObjectVersion> ListVersionsAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>
    /// The first level below <paramref name="prefix"/>: names of "folders", in ordinal order, with their trailing <c>/</c> and without
    /// what precedes them: <c>a/</c> gives <c>b/</c> of <c>a/b/c</c>. Only those that hold an object.
    /// </summary>
    IAsyncEnumerable<string> ListFoldersAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>The tags of the current version or the one named; empty when there are none. Throws <see cref="ObjectMissingException"/>.</summary>
    Task<IReadOnlyDictionary<string, string>> GetTagsAsync(string key, string? version, CancellationToken cancellationToken);

    /// <summary>Replaces all tags of the current version or the one named. Throws <see cref="ObjectMissingException"/>.</summary>
    Task SetTagsAsync(string key, string? version, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken);

    /// <summary>Deletes the current version (on a versioned bucket: hides it), or destroys the version named. Idempotent.</summary>
    Task DeleteAsync(string key, string? version, CancellationToken cancellationToken);

    /// <summary>The store's own clock, to compare ours with.</summary>
    Task<DateTimeOffset> ReadClockAsync(CancellationToken cancellationToken);
}
