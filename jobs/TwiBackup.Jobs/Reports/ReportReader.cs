using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Rehearsal;
using TwiBackup.Status;
using TwiBackup.Stores;

namespace TwiBackup.Reports;

/// <summary>Looks at the stores and says everything that the page shows. Needs public keys only. May be asked again and again.</summary>
public sealed class ReportReader(BackupPolicy policy, StatusReader status, IObjectStore store, RehearsalLog rehearsals)
{
    private readonly StoredRecords<RehearsalReport> reports = new(store, CatalogKeys.Rehearsals(policy.System), rehearsals.ListAsync);

    /// <summary>Looks now. Throws <see cref="TwiBackupException"/> when the primary store can't be read.</summary>
    public async Task<SystemReport> ReadAsync(CancellationToken cancellationToken)
    {
        var (now, history) = await status.ReadHistoryAsync(cancellationToken);
        return new SystemReport
        {
            Format = SystemReport.CurrentFormat,
            Tool = ToolVersion.Text,
            Summary = ReportSummary.Of(now, policy.Database.Mode),
            RecoveryWindowSeconds = policy.RecoveryWindow.TotalSeconds,
            FullKeepSeconds = policy.Backups.Full?.Keep.TotalSeconds,
            Status = now,
            History = history,
            Rehearsals = await reports.ListAsync(cancellationToken),
            NextRuns = NextRun.Of(policy, now.At),
        };
    }
}
