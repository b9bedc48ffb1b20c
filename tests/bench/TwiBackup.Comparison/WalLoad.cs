using System.Globalization;

namespace TwiBackup.Comparison;

/// <summary>Writes WAL as fast as one session can: new rows, changed rows, and the full pages that follow a checkpoint.</summary>
internal static class WalLoad
{
    private const long CheckpointEvery = 500_000_000;

    public static async Task RunAsync(BenchServer server, long bytes, CancellationToken cancellationToken)
    {
        await server.RunAsync(cancellationToken, "create table if not exists flood as select * from messages limit 0");
        var begin = await server.WalPositionAsync(cancellationToken);
        var checkpoint = begin;
        for (var round = 0; await server.WalPositionAsync(cancellationToken) is var now && now - begin < bytes; round++)
        {
            if (now - checkpoint > CheckpointEvery)
            {
                await server.RunAsync(cancellationToken, "vacuum pgbench_accounts", "checkpoint");
                checkpoint = now;
            }

            await server.RunAsync(
                cancellationToken,
                "insert into flood select * from messages limit 100000",
                string.Create(CultureInfo.InvariantCulture, $"update pgbench_accounts set abalance = abalance + 1 where aid % 20 = {round % 20}"));
        }
    }
}
