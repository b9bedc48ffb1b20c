using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Tests.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Database;

/// <summary>
/// Five rows, each a transaction in a WAL segment of its own: a full before the first and one behind the fourth, a recorded restore point
/// behind the second, an unrecorded one behind the third; then the database is idle until a mark says so.
/// </summary>
public sealed class PointInTimeStory : IAsyncLifetime
{
    public BackedUpServer Source { get; private set; } = null!;

    public List<Step> Steps { get; } = [];

    public BackupSet First { get; private set; } = null!;

    public BackupSet Second { get; private set; } = null!;

    public RestorePointTaken Recorded { get; private set; } = null!;

    /// <summary>An instant after the last commit that a mark covers.</summary>
    public DateTimeOffset Idle { get; private set; }

    public async ValueTask InitializeAsync()
    {
        Source = await BackedUpServer.StartAsync(("track_commit_timestamp", "on"));
        await Source.ExecuteAsync("create table steps(id int primary key, note text not null)");
        await Source.StartReceiverAsync();
        First = await Source.BackUpAsync();
        for (var id = 1; id <= 5; id++)
        {
            await StepAsync(id);
            await Source.ExecuteAsync("select pg_switch_wal()");
            if (id == 2)
                Recorded = await RestorePointAsync();
            if (id == 3)
                await Source.ExecuteAsync("select pg_create_restore_point('by-hand')");
            if (id == 4)
                Second = await Source.BackUpAsync();
        }

        await Source.CatchUpAsync();
        Idle = DateTimeOffset.Parse(await Source.AskAsync("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"), CultureInfo.InvariantCulture);
        await Source.UntilAsync(() => Source.Receiver!.Status.Mark?.Time > Idle.AddSeconds(1), "a mark after the last commit");
        var idle = Source.Receiver!.Status.Mark!;
        var marks = new WalMarks(Source.Store.Store, Source.Keys, (await Source.PlanAsync(TwiBackup.Database.RecoveryTarget.Latest)).Layout);
        while ((await marks.NewestAsync(1, BackedUpServer.Cancellation))!.Time < idle.Time)
            await Task.Delay(50, BackedUpServer.Cancellation);
        await Source.StopReceiverAsync();
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    private async Task StepAsync(int id)
    {
        await using var connection = await TestPostgres.OpenAsync(Source.Server.Superuser with { Database = "app" });
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var insert = new Npgsql.NpgsqlCommand("insert into steps values ($1, 'step ' || $1)", connection) { Parameters = { new() { Value = id } } })
            await insert.ExecuteNonQueryAsync();
        await using var ask = new Npgsql.NpgsqlCommand("select pg_current_xact_id()::text", connection);
        var xid = ulong.Parse((string)(await ask.ExecuteScalarAsync())!, CultureInfo.InvariantCulture);
        await transaction.CommitAsync();
        await using var after = new Npgsql.NpgsqlCommand("select pg_xact_commit_timestamp(($1)::text::xid), pg_current_wal_insert_lsn()::text", connection) { Parameters = { new() { Value = $"{xid}" } } };
        await using var row = await after.ExecuteReaderAsync();
        await row.ReadAsync();
        Steps.Add(new Step(id, new DateTimeOffset(row.GetDateTime(0).ToUniversalTime(), TimeSpan.Zero), Lsn.Parse(row.GetString(1)), xid));
    }

    private Task<RestorePointTaken> RestorePointAsync() =>
        new RestorePoint(Source.ReceiverOptions(), Source.Store.Store, Source.Keys, _ => { }, TimeProvider.System)
            .TakeAsync("20261123T020000Z-9f3c", First.StartLsn, BackedUpServer.Cancellation);

    /// <summary>One committed row.</summary>
    public sealed record Step(int Rows, DateTimeOffset Committed, Lsn Lsn, ulong Xid);
}
