using TwiBackup.Stores;

namespace TwiBackup.Catalog;

/// <summary>Reads small objects that anybody may have planted: one that is too large is no failure of the store.</summary>
internal static class BoundedReading
{
    /// <summary>The whole object; null when it has more than <paramref name="limit"/> bytes. Throws <see cref="ObjectMissingException"/>.</summary>
    public static async Task<byte[]?> ReadUpToAsync(this IObjectStore store, string key, int limit, string? version, CancellationToken cancellationToken)
    {
        await using var source = await store.OpenReadAsync(key, null, version, cancellationToken);
        using var content = new MemoryStream();
        var buffer = new byte[Math.Min(limit + 1, 16 << 10)];
        while (await source.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            if (content.Length + read > limit)
                return null;
            content.Write(buffer, 0, read);
        }

        return content.ToArray();
    }
}
