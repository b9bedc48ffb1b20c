using TwiBackup.Stores;

namespace TwiBackup.Tests.Database;

/// <summary>A real store, and something that happens just before an object is written, read or tagged.</summary>
internal sealed class HookStore(IObjectStore inner) : IObjectStore
{
    public Func<string, Task>? BeforeWrite { get; set; }

    public Func<string, Task>? BeforeRead { get; set; }

    public Action<string>? OnTag { get; set; }

    public string Location => inner.Location;

    public async Task<ObjectUpload> CreateAsync(string key, PutCondition condition, CancellationToken cancellationToken)
    {
        if (BeforeWrite is not null)
            await BeforeWrite(key);
        return await inner.CreateAsync(key, condition, cancellationToken);
    }

    public async Task<Stream> OpenReadAsync(string key, ReadRange? range, string? version, CancellationToken cancellationToken)
    {
        if (BeforeRead is not null)
            await BeforeRead(key);
        cancellationToken.ThrowIfCancellationRequested();
        return await inner.OpenReadAsync(key, range, version, cancellationToken);
    }

    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken) => inner.HeadAsync(key, cancellationToken);

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? startAfter, CancellationToken cancellationToken) =>
        inner.ListAsync(prefix, startAfter, cancellationToken);

    public IAsyncEnumerable<ObjectVersion> ListVersionsAsync(string prefix, CancellationToken cancellationToken) =>
        inner.ListVersionsAsync(prefix, cancellationToken);

    public IAsyncEnumerable<string> ListFoldersAsync(string prefix, CancellationToken cancellationToken) => inner.ListFoldersAsync(prefix, cancellationToken);

    public Task<IReadOnlyDictionary<string, string>> GetTagsAsync(string key, string? version, CancellationToken cancellationToken) => inner.GetTagsAsync(key, version, cancellationToken);

    public Task SetTagsAsync(string key, string? version, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        OnTag?.Invoke(key);
        return inner.SetTagsAsync(key, version, tags, cancellationToken);
    }

    public Task DeleteAsync(string key, string? version, CancellationToken cancellationToken) => inner.DeleteAsync(key, version, cancellationToken);

    public Task<DateTimeOffset> ReadClockAsync(CancellationToken cancellationToken) => inner.ReadClockAsync(cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
