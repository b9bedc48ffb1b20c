using System.Text;
using System.Text.Json;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Catalog;

/// <summary>
/// Records about backups in the store, JSON below one folder, each with its signature beside it. Who reads takes only what a trusted key
/// signed for this place; whatever else lies there says nothing.
/// </summary>
/// <param name="folder">With trailing slash.</param>
/// <param name="trusted">Keys whose signatures count.</param>
public sealed class SignedRecords<T>(IObjectStore store, string folder, IReadOnlyList<VerifyKey> trusted, RecordForm<T> form)
    where T : class
{
    private const int LargestRecord = 1 << 20;
    private const string Suffix = ".json";
    private const string SignatureSuffix = ".minisig";

    /// <summary>Stores a record: the signature first, then the record. Throws <see cref="ObjectExistsException"/> when its id is taken.</summary>
    public async Task WriteAsync(T record, SigningKey key, CancellationToken cancellationToken)
    {
        var name = NameOf(form.Id(record));
        var bytes = JsonSerializer.SerializeToUtf8Bytes(record, form.Json);
        var signature = Minisign.Sign(key, bytes, form.Comment(record));
        await store.PutBytesAsync(name + SignatureSuffix, Encoding.UTF8.GetBytes(signature), PutCondition.IfAbsent, cancellationToken);
        await store.PutBytesAsync(name, bytes, PutCondition.IfAbsent, cancellationToken);
    }

    /// <summary>The record of an id; null when there is none that is to be believed.</summary>
    public Task<T?> ReadAsync(string id, CancellationToken cancellationToken) => ReadKeyAsync(NameOf(id), cancellationToken);

    /// <summary>All records with a good signature, oldest first.</summary>
    public async Task<IReadOnlyList<T>> ListAsync(CancellationToken cancellationToken)
    {
        var records = new List<T>();
        await foreach (var info in store.ListAsync(folder, null, cancellationToken))
        {
            if (info.Key.EndsWith(Suffix, StringComparison.Ordinal) && await ReadKeyAsync(info.Key, cancellationToken) is { } record)
                records.Add(record);
        }

        return records;
    }

    private string NameOf(string id) => $"{folder}{id}{Suffix}";

    private async Task<T?> ReadKeyAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            if (await store.ReadUpToAsync(key, LargestRecord, null, cancellationToken) is not { } bytes
                || await store.ReadUpToAsync(key + SignatureSuffix, LargestRecord, null, cancellationToken) is not { } signature)
                return null;
            var comment = Minisign.Verify(trusted, bytes, Encoding.UTF8.GetString(signature), $"{store.Location}/{key}");
            var record = JsonSerializer.Deserialize(bytes, form.Json);
            return record is not null && form.Belongs(record) && comment == form.Comment(record) && key == NameOf(form.Id(record)) ? record : null;
        }
        catch (Exception e) when (e is ObjectMissingException or ObjectForbiddenException or ObjectRefusedException or JsonException)
        {
            return null;
        }
    }
}
