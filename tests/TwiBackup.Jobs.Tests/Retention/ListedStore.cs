using TwiBackup.Stores;

namespace TwiBackup.Tests.Retention;

/// <summary>A store of names, lengths and times only: all that retention may look at.</summary>
internal sealed class ListedStore(IEnumerable<ObjectInfo> objects) : IObjectStore
{
    private readonly List<ObjectInfo> listed = [.. objects.OrderBy(o => o.Key, StringComparer.Ordinal)];

    public string Location => "listed:";

    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? startAfter, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var info in listed.Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal)))
            yield return info;
        await Task.CompletedTask;
    }

    public Task<ObjectUpload> CreateAsync(string key, PutCondition condition, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Stream> OpenReadAsync(string key, ReadRange? range, string? version, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IAsyncEnumerable<ObjectVersion> ListVersionsAsync(string prefix, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IAsyncEnumerable<string> ListFoldersAsync(string prefix, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyDictionary<string, string>> GetTagsAsync(string key, string? version, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SetTagsAsync(string key, string? version, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DeleteAsync(string key, string? version, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<DateTimeOffset> ReadClockAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
