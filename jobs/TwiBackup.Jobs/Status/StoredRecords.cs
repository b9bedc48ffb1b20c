using TwiBackup.Stores;

namespace TwiBackup.Status;

/// <summary>Records below a folder of the store, looked at again and again: they never change, so they are read when there are others.</summary>
internal sealed class StoredRecords<T>(IObjectStore store, string folder, Func<CancellationToken, Task<IReadOnlyList<T>>> read)
{
    private (int Count, string Last) seen = (-1, "");
    private IReadOnlyList<T> records = [];

    /// <summary>All that are there now, oldest first.</summary>
    public async Task<IReadOnlyList<T>> ListAsync(CancellationToken cancellationToken)
    {
        var (count, last) = (0, "");
        await foreach (var info in store.ListAsync(folder, null, cancellationToken))
            (count, last) = (count + 1, info.Key);
        if ((count, last) == seen)
            return records;
        records = await read(cancellationToken);
        seen = (count, last);
        return records;
    }
}
