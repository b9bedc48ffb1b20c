using TwiBackup.Comparison.Measure;

namespace TwiBackup.Comparison.Peers;

/// <summary>What the guide's backup_database.sh does: <c>pg_dump | gzip</c>, unencrypted, one database, without anything to recover WAL on.</summary>
internal sealed class GuideScript(Bench bench, BenchServer server)
{
    public async Task<Usage> BackUpAsync(CancellationToken cancellationToken)
    {
        var file = Path.Combine(bench.NewFolder("guide"), "twi_bot_shard.sql.gz");
        var usage = await server.ChargeAsync(() => TimedProcess.RunAsync(
            bench.Folder, bench.Account, "/bin/sh", ["-c", "\"$0\" postgres | gzip > \"$1\"", bench.Installation.Tool("pg_dump"), file], server.ToolEnvironment,
            cancellationToken));
        return usage with { Stored = new FileInfo(file).Length };
    }
}
