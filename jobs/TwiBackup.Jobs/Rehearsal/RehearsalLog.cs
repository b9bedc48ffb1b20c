using TwiBackup.Catalog;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Rehearsal;

/// <summary>
/// Signed rehearsal reports in the store, <c>&lt;system&gt;/rehearsal/&lt;id&gt;.json</c>. Only whoever holds the verifier's key can say that
/// a disaster was rehearsed and how it went.
/// </summary>
public sealed class RehearsalLog(IObjectStore store, string system, IReadOnlyList<VerifyKey> trusted)
{
    private readonly SignedRecords<RehearsalReport> records = new(
        store,
        CatalogKeys.Rehearsals(system),
        trusted,
        new RecordForm<RehearsalReport>(
            RehearsalJson.Default.RehearsalReport,
            report => report.Id,
            Comment,
            report => report.Format == RehearsalReport.CurrentFormat && report.System == system));

    /// <summary>Stores a report as one of this system's: the signature first, then the report.</summary>
    public Task WriteAsync(RehearsalReport report, SigningKey verifier, CancellationToken cancellationToken) =>
        records.WriteAsync(report with { System = system }, verifier, cancellationToken);

    /// <summary>The report of an id; null when there is none that a trusted verifier signed.</summary>
    public Task<RehearsalReport?> ReadAsync(string id, CancellationToken cancellationToken) => records.ReadAsync(id, cancellationToken);

    /// <summary>All reports with a good signature, oldest first. The others are passed over: they say nothing.</summary>
    public Task<IReadOnlyList<RehearsalReport>> ListAsync(CancellationToken cancellationToken) => records.ListAsync(cancellationToken);

    private static string Comment(RehearsalReport report) =>
        $"twibackup rehearsal system={report.System} id={report.Id} scenario={report.Scenario} met={(report.Met ? "yes" : "no")}";
}
