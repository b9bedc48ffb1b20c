using System.Text.Json;
using System.Text;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Verification;

/// <summary>Signed verification records in the store. Only whoever holds the verifier's key can say that a set was proven.</summary>
public sealed class VerificationLog(IObjectStore store, string system, IReadOnlyList<VerifyKey> trusted)
{
    private const int LargestRecord = 1 << 20;
    private const string SignatureSuffix = ".minisig";

    /// <summary>Stores a record: the signature first, then the record.</summary>
    public async Task WriteAsync(VerificationRecord record, SigningKey verifier, CancellationToken cancellationToken)
    {
        var key = $"{CatalogKeys.Verifications(system)}{record.Id}.json";
        var bytes = JsonSerializer.SerializeToUtf8Bytes(record, VerificationJson.Default.VerificationRecord);
        var signature = Minisign.Sign(verifier, bytes, Comment(record));
        await store.PutBytesAsync(key + SignatureSuffix, Encoding.UTF8.GetBytes(signature), PutCondition.IfAbsent, cancellationToken);
        await store.PutBytesAsync(key, bytes, PutCondition.IfAbsent, cancellationToken);
    }

    /// <summary>All records with a good signature, oldest first. The others are passed over: they say nothing.</summary>
    public async Task<IReadOnlyList<VerificationRecord>> ListAsync(CancellationToken cancellationToken)
    {
        var records = new List<VerificationRecord>();
        await foreach (var info in store.ListAsync(CatalogKeys.Verifications(system), null, cancellationToken))
        {
            if (info.Key.EndsWith(".json", StringComparison.Ordinal) && await ReadAsync(info.Key, cancellationToken) is { } record)
                records.Add(record);
        }

        return records;
    }

    private async Task<VerificationRecord?> ReadAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            if (await store.ReadUpToAsync(key, LargestRecord, null, cancellationToken) is not { } bytes
                || await store.ReadUpToAsync(key + SignatureSuffix, LargestRecord, null, cancellationToken) is not { } signature)
                return null;
            var comment = Minisign.Verify(trusted, bytes, Encoding.UTF8.GetString(signature), $"{store.Location}/{key}");
            var record = JsonSerializer.Deserialize(bytes, VerificationJson.Default.VerificationRecord);
            return record is { Format: VerificationRecord.CurrentFormat } && record.System == system && comment == Comment(record)
                && key == $"{CatalogKeys.Verifications(system)}{record.Id}.json"
                ? record
                : null;
        }
        catch (Exception e) when (e is ObjectMissingException or ObjectRefusedException or JsonException)
        {
            return null;
        }
    }

    private static string Comment(VerificationRecord record) =>
        $"twibackup verification system={record.System} id={record.Id} set={record.Set} proven={(record.Proven ? "yes" : "no")}";
}
