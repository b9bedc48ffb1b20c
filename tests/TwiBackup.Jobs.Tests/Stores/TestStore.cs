using TwiBackup.Stores;

namespace TwiBackup.Tests.Stores;

/// <summary>An empty store of one test. <see cref="Url"/> and <see cref="Environment"/> open it again, also in another process.</summary>
public sealed class TestStore(
    IObjectStore store, string url, IReadOnlyDictionary<string, string> environment, string? bucket = null, string? root = null)
    : IAsyncDisposable
{
    public IObjectStore Store { get; } = store;

    public string Url { get; } = url;

    public IReadOnlyDictionary<string, string> Environment { get; } = environment;

    /// <summary>Of an S3 store.</summary>
    public string Bucket => bucket ?? throw new InvalidOperationException("Not an S3 store.");

    /// <summary>The folder of a file store.</summary>
    public string Root => root ?? throw new InvalidOperationException("Not a file store.");

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        if (root is not null && Directory.Exists(root))
            Directory.Delete(root, recursive: true);
    }
}
