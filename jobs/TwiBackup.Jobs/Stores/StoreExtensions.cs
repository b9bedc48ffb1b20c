using System.Buffers;

namespace TwiBackup.Stores;

/// <summary>Small objects in one call.</summary>
public static class StoreExtensions
{
    /// <summary>Stores bytes as one object, durable on return.</summary>
    /// <exception cref="ObjectExistsException">The key is taken and the condition is <see cref="PutCondition.IfAbsent"/>.</exception>
    public static async Task<ObjectInfo> PutBytesAsync(
        this IObjectStore store, string key, ReadOnlyMemory<byte> bytes, PutCondition condition, CancellationToken cancellationToken)
    {
        await using var upload = await store.CreateAsync(key, condition, cancellationToken);
        await upload.WriteAsync(bytes, cancellationToken);
        return await upload.CommitAsync(cancellationToken);
    }

    /// <summary>Stores bytes unless the key is taken; false when it is.</summary>
    public static async Task<bool> TryPutBytesAsync(
        this IObjectStore store, string key, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await store.PutBytesAsync(key, bytes, PutCondition.IfAbsent, cancellationToken);
            return true;
        }
        catch (ObjectExistsException)
        {
            return false;
        }
    }

    /// <summary>Reads a whole object of at most <paramref name="maxLength"/> bytes.</summary>
    /// <exception cref="ObjectMissingException">There is none.</exception>
    /// <exception cref="TwiBackupException">It is larger than that.</exception>
    public static Task<byte[]> ReadBytesAsync(this IObjectStore store, string key, int maxLength, CancellationToken cancellationToken) =>
        store.ReadBytesAsync(key, maxLength, version: null, cancellationToken);

    /// <summary>As above, of a certain version; null: the current one.</summary>
    public static async Task<byte[]> ReadBytesAsync(
        this IObjectStore store, string key, int maxLength, string? version, CancellationToken cancellationToken)
    {
        await using var source = await store.OpenReadAsync(key, range: null, version, cancellationToken);
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Min(maxLength, 64 << 10) + 1);
        try
        {
            for (var length = 0; ;)
            {
                var read = await source.ReadAsync(bytes.AsMemory(length), cancellationToken);
                if (read == 0)
                    return bytes[..length];
                length += read;
                if (length > maxLength)
                {
                    throw new TwiBackupException(
                        $"{store.Location}/{key} has more than the {maxLength} bytes that such an object has. It is damaged, or not ours.");
                }
                if (length == bytes.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(maxLength + 1L, bytes.Length * 2L));
                    bytes.CopyTo(larger, 0);
                    ArrayPool<byte>.Shared.Return(bytes);
                    bytes = larger;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>As <see cref="ReadBytesAsync(IObjectStore, string, int, CancellationToken)"/>; null when there is no such object.</summary>
    public static async Task<byte[]?> TryReadBytesAsync(
        this IObjectStore store, string key, int maxLength, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ReadBytesAsync(key, maxLength, cancellationToken);
        }
        catch (ObjectMissingException)
        {
            return null;
        }
    }
}
