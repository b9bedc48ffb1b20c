using TwiBackup.Stores;

namespace TwiBackup.Tests.Catalog;

/// <summary>A real store in front of a process that dies: after so many bytes and commits nothing reaches it any more.</summary>
internal sealed class CutStore(IObjectStore inner, long budget) : IObjectStore
{
    private long left = budget;

    public string Location => inner.Location;

    /// <summary>How much of the budget is left; a commit costs one.</summary>
    public long Left => left;

    public async Task<ObjectUpload> CreateAsync(string key, PutCondition condition, CancellationToken cancellationToken)
    {
        Spend(1);
        return new CutUpload(this, await inner.CreateAsync(key, condition, cancellationToken));
    }

    public Task<Stream> OpenReadAsync(string key, ReadRange? range, string? version, CancellationToken cancellationToken) =>
        inner.OpenReadAsync(key, range, version, cancellationToken);

    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken) => inner.HeadAsync(key, cancellationToken);

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? startAfter, CancellationToken cancellationToken) =>
        inner.ListAsync(prefix, startAfter, cancellationToken);

    public IAsyncEnumerable<ObjectVersion> ListVersionsAsync(string prefix, CancellationToken cancellationToken) =>
        inner.ListVersionsAsync(prefix, cancellationToken);

    public IAsyncEnumerable<string> ListFoldersAsync(string prefix, CancellationToken cancellationToken) => inner.ListFoldersAsync(prefix, cancellationToken);

    public Task<IReadOnlyDictionary<string, string>> GetTagsAsync(string key, string? version, CancellationToken cancellationToken) => inner.GetTagsAsync(key, version, cancellationToken);

    public Task SetTagsAsync(string key, string? version, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken) =>
        inner.SetTagsAsync(key, version, tags, cancellationToken);

    public Task DeleteAsync(string key, string? version, CancellationToken cancellationToken) => inner.DeleteAsync(key, version, cancellationToken);

    public Task<DateTimeOffset> ReadClockAsync(CancellationToken cancellationToken) => inner.ReadClockAsync(cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Spend(long cost)
    {
        if (Interlocked.Add(ref left, -cost) < 0)
            throw new KilledException();
    }

    private sealed class CutUpload(CutStore store, ObjectUpload inner) : ObjectUpload
    {
        public override async Task<ObjectInfo> CommitAsync(CancellationToken cancellationToken)
        {
            store.Spend(1);
            return await inner.CommitAsync(cancellationToken);
        }

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            store.Spend(buffer.Length);
            await inner.WriteAsync(buffer, cancellationToken);
        }

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
