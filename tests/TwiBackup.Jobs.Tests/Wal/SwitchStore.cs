using System.Collections.Concurrent;
using TwiBackup.Stores;

namespace TwiBackup.Tests.Wal;

/// <summary>A real store behind a switch: while it is down every call fails. Counts what was put through it.</summary>
internal sealed class SwitchStore(IObjectStore inner) : IObjectStore
{
    private volatile bool _down;
    private volatile TaskCompletionSource? _silence;

    public bool Down
    {
        get => _down;
        set => _down = value;
    }

    /// <summary>Keys of objects that were begun.</summary>
    public ConcurrentQueue<string> Begun { get; } = [];

    /// <summary>From now on puts are neither taken nor refused, until the result is set.</summary>
    public TaskCompletionSource BeSilent() => _silence = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Location => inner.Location;

    public async Task<ObjectUpload> CreateAsync(string key, PutCondition condition, CancellationToken cancellationToken)
    {
        Check();
        Begun.Enqueue(key);
        if (_silence is { } silence)
            await silence.Task.WaitAsync(cancellationToken);
        return await inner.CreateAsync(key, condition, cancellationToken);
    }

    public Task<Stream> OpenReadAsync(string key, ReadRange? range, string? version, CancellationToken cancellationToken)
    {
        Check();
        return inner.OpenReadAsync(key, range, version, cancellationToken);
    }

    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        Check();
        return inner.HeadAsync(key, cancellationToken);
    }

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? startAfter, CancellationToken cancellationToken)
    {
        Check();
        return inner.ListAsync(prefix, startAfter, cancellationToken);
    }

    public IAsyncEnumerable<ObjectVersion> ListVersionsAsync(string prefix, CancellationToken cancellationToken)
    {
        Check();
        return inner.ListVersionsAsync(prefix, cancellationToken);
    }

    public IAsyncEnumerable<string> ListFoldersAsync(string prefix, CancellationToken cancellationToken)
    {
        Check();
        return inner.ListFoldersAsync(prefix, cancellationToken);
    }

    public Task<IReadOnlyDictionary<string, string>> GetTagsAsync(string key, string? version, CancellationToken cancellationToken) =>
        inner.GetTagsAsync(key, version, cancellationToken);

    public Task SetTagsAsync(string key, string? version, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken) =>
        inner.SetTagsAsync(key, version, tags, cancellationToken);

    public Task DeleteAsync(string key, string? version, CancellationToken cancellationToken) => inner.DeleteAsync(key, version, cancellationToken);

    public Task<DateTimeOffset> ReadClockAsync(CancellationToken cancellationToken) => inner.ReadClockAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private void Check()
    {
        if (_down)
            throw new TwiBackupException($"{inner.Location} is switched off.");
    }
}
