using TwiBackup.Catalog;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Verification;

/// <summary>Signed verification records in the store. Only whoever holds the verifier's key can say that a set was proven.</summary>
public sealed class VerificationLog(IObjectStore store, string system, IReadOnlyList<VerifyKey> trusted)
{
    private readonly SignedRecords<VerificationRecord> records = new(
        store,
        CatalogKeys.Verifications(system),
        trusted,
        new RecordForm<VerificationRecord>(
            VerificationJson.Default.VerificationRecord,
            record => record.Id,
            Comment,
            record => record.Format == VerificationRecord.CurrentFormat && record.System == system));

    /// <summary>Stores a record: the signature first, then the record.</summary>
    public Task WriteAsync(VerificationRecord record, SigningKey verifier, CancellationToken cancellationToken) =>
        records.WriteAsync(record, verifier, cancellationToken);

    /// <summary>All records with a good signature, oldest first. The others are passed over: they say nothing.</summary>
    public Task<IReadOnlyList<VerificationRecord>> ListAsync(CancellationToken cancellationToken) => records.ListAsync(cancellationToken);

    private static string Comment(VerificationRecord record) =>
        $"twibackup verification system={record.System} id={record.Id} set={record.Set} proven={(record.Proven ? "yes" : "no")}";
}
