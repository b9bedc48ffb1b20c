using System.Runtime.CompilerServices;
using TwiBackup.Stores;

namespace TwiBackup.Tests.Sealing;

/// <summary>A store in memory with versions and delete markers, as far as signed objects need one.</summary>
internal sealed class MemoryStore : IObjectStore
{
    private readonly List<(ObjectVersion Version, byte[] Content)> _versions = [];

    public string Location => "memory:";

    public Action? BeforeRead { get; set; }

    public byte[] this[string key] => Current(key)!.Value.Content;

    /// <summary>Overwrites, as whoever can write to the bucket may.</summary>
    public void Plant(string key, byte[] content, bool deleteMarker = false)
    {
        for (var i = 0; i < _versions.Count; i++)
            if (_versions[i].Version.Key == key) _versions[i] = (_versions[i].Version with { IsCurrent = false }, _versions[i].Content);
        var time = DateTimeOffset.UnixEpoch.AddSeconds(_versions.Count);
        _versions.Add((new ObjectVersion(key, $"v{_versions.Count}", content.Length, time, true, deleteMarker), content));
    }

    public Task<ObjectUpload> CreateAsync(string key, PutCondition condition, CancellationToken cancellationToken) =>
        Task.FromResult<ObjectUpload>(new Upload(this, key, condition));

    public Task<Stream> OpenReadAsync(string key, ReadRange? range, string? version, CancellationToken cancellationToken)
    {
        BeforeRead?.Invoke();
        var found = version is null ? Current(key) : _versions.Find(v => v.Version.Key == key && v.Version.Version == version);
        return found is { Content: { } content }
            ? Task.FromResult<Stream>(new MemoryStream(content))
            : throw new ObjectMissingException(Location, key);
    }

    public async IAsyncEnumerable<ObjectVersion> ListVersionsAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        var found = _versions.Select(v => v.Version).Where(version => version.Key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        found.Reverse();
        foreach (var version in found) yield return version;
    }

    public Task DeleteAsync(string key, string? version, CancellationToken cancellationToken)
    {
        Plant(key, [], deleteMarker: true);
        return Task.CompletedTask;
    }

    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? startAfter, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public IAsyncEnumerable<string> ListFoldersAsync(string prefix, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyDictionary<string, string>> GetTagsAsync(string key, string? version, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task SetTagsAsync(string key, string? version, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<DateTimeOffset> ReadClockAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private (ObjectVersion Version, byte[] Content)? Current(string key)
    {
        var at = _versions.FindLastIndex(v => v.Version.Key == key);
        return at < 0 || _versions[at].Version.IsDeleteMarker ? null : _versions[at];
    }

    private sealed class Upload(MemoryStore store, string key, PutCondition condition) : ObjectUpload
    {
        private readonly MemoryStream _content = new();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            _content.WriteAsync(buffer, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => _content.Write(buffer, offset, count);

        public override Task<ObjectInfo> CommitAsync(CancellationToken cancellationToken)
        {
            if (condition == PutCondition.IfAbsent && store.Current(key) is not null) throw new ObjectExistsException(store.Location, key);
            store.Plant(key, _content.ToArray());
            return Task.FromResult(new ObjectInfo(key, _content.Length, DateTimeOffset.UnixEpoch));
        }
    }
}
