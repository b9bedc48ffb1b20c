using System.Globalization;
using TwiBackup.Comparison.Measure;
using TwiBackup.Comparison.Peers;
using TwiBackup.Comparison.Report;

namespace TwiBackup.Comparison.Rows;

/// <summary>A database of 20,000 tables with a row each. pgBackRest bundles small files here, as its manual advises.</summary>
internal sealed class SmallTablesRow : IRow
{
    private const int Tables = 20_000;
    private const int AtOnce = 500;

    public string Name => "tables";

    public async Task<IReadOnlyList<Line>> MeasureAsync(Bench bench, CancellationToken cancellationToken)
    {
        Bench.Say($"making {Tables} tables");
        await using var server = await BenchServer.StartAsync(bench, "tables", cancellationToken);
        // A server that loses power meanwhile is of no interest.
        await server.RunAsync(cancellationToken, "alter system set fsync = off", "select pg_reload_conf()");
        for (var i = 0; i < Tables; i += AtOnce)
        {
            await server.RunAsync(
                cancellationToken,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"do $$ begin for i in {i}..{i + AtOnce - 1} loop execute format('create table small_%s as select %s as id', i, i); end loop; end $$"));
        }

        await server.RunAsync(cancellationToken, "checkpoint", "alter system reset fsync", "select pg_reload_conf()");
        var ours = await OurProgram.CreateAsync(bench, server, "tables", cancellationToken);
        var peer = await PgBackRest.CreateAsync(bench, server, "tables", cancellationToken, "repo1-bundle=y");
        var backups = await Pairs.RunAsync(bench.Options.Pairs, ours.BackUpAsync, peer is null ? null : peer.BackUpAsync, cancellationToken);
        var restores = await Pairs.RunAsync(bench.Options.Pairs, ct => ours.RestoreAsync(ct), peer is null ? null : peer.RestoreAsync, cancellationToken);
        return
        [
            Figures.Speed("full backup of 20,000 small tables", backups, "pgBackRest (bundles)"),
            Figures.Speed("restore of 20,000 small tables", restores, "pgBackRest (bundles)"),
        ];
    }
}
