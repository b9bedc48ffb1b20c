using System.CommandLine;
using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Wal;

namespace TwiBackup.Commands;

/// <summary><c>twibackup backup restore-point</c>.</summary>
internal static class RestorePointCommand
{
    public static Command Create() =>
        new Command("restore-point", "Make a named restore point, and prove that the WAL in the store reaches it from the newest full without a gap")
            .Runs(JobRole.Writer, async (_, job, cancellationToken) =>
            {
                var newest = (await job.Catalog.ListAsync(SetKind.Full, cancellationToken)).Newest(job.Clock.GetUtcNow())
                    ?? throw new TwiBackupException($"{job.Store.Location} holds no full backup, so nothing leads to a restore point. Take one with: twibackup backup database");
                var point = new RestorePoint(job.Receiver(), job.Store, job.Keys, job.Alert, job.Clock);
                var taken = await point.TakeAsync(SetId.Create(job.Clock.GetUtcNow()), newest.StartLsn, cancellationToken);
                Console.Out.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{taken.Name}: LSN {taken.Lsn} on timeline {taken.Timeline}, {taken.Time.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z; WAL from {taken.ProvenFrom} to it has no gap."));
                return ExitCode.Done;
            });
}
