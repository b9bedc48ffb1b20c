using System.Globalization;
using Npgsql;
using TwiBackup.Postgres;
using TwiBackup.Rehearsal.Bot;

namespace TwiBackup.Comparison;

/// <summary>
/// The database that is measured on: pgbench's tables, and beside them chat messages, because pgbench's compress sixteen-fold and flatter
/// everybody. 3 GB are scale 150 and six million messages.
/// </summary>
internal static class Filling
{
    private const long BytesPerScale = 20_000_000;
    private const long BytesPerRow = 500;

    public static async Task FillAsync(BenchServer server, long bytes, CancellationToken cancellationToken)
    {
        var scale = Math.Max(1, bytes / BytesPerScale);
        var rows = bytes / BytesPerRow;
        Bench.Say($"filling {server.Name}: pgbench scale {scale}, {rows} messages");
        await server.ToolAsync("pgbench", cancellationToken, "-i", "-q", "-I", "dtGp", "-s", scale.ToString(CultureInfo.InvariantCulture));
        await server.RunAsync(
            cancellationToken,
            "create table messages (message_id bigint primary key, author bigint not null, created_at timestamptz not null, content text not null)");
        await using (var session = await QueryConnection.OpenAsync(server.Connection, cancellationToken))
            await CopyAsync(session, rows, cancellationToken);
        await server.RunAsync(cancellationToken, "vacuum analyze", "checkpoint");
    }

    /// <summary>Text of words that come as often as words of a language do, and ids as Discord makes them.</summary>
    private static async Task CopyAsync(NpgsqlConnection session, long rows, CancellationToken cancellationToken)
    {
        await using var target = await session.BeginTextImportAsync("copy messages from stdin", cancellationToken);
        var lines = new CopyLines(target);
        var random = new SplitMix(1);
        var id = 300_000_000_000_000_000;
        var time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        for (var row = 0L; row < rows; row++)
        {
            id += 1 + random.Below(1 << 22);
            time = time.AddMilliseconds(random.Below(40_000));
            lines.Add(id).Add(200_000_000_000_000_000 + random.Below(30_000) * 7_919L).Add(time)
                .Add(Lexicon.Shared.Text(ref random, Lexicon.ChatLength(ref random)));
            await lines.EndRowAsync(cancellationToken);
        }

        await lines.FlushAsync(cancellationToken);
    }
}
