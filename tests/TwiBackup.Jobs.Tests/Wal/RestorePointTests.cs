using TwiBackup.Postgres;
using TwiBackup.Tests.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

public sealed class RestorePointTests
{
    [Fact]
    public async Task A_restore_point_is_taken_when_the_store_reaches_it_without_a_hole()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var test = WalTest.Create();
        await postgres.ExecuteAsync("postgres", "grant execute on function pg_create_restore_point(text) to replicator", "create table load(id int)");
        var options = WalTest.Options(postgres);
        test.Receive(options);
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        var from = test.Receiver!.Status.Durable;
        await postgres.ExecuteAsync("postgres", "insert into load values (1)");
        var point = new RestorePoint(options, test.Store, test.Keys, test.Tell, TimeProvider.System) { Patience = TimeSpan.FromSeconds(3) };
        var taken = await point.TakeAsync("20261123T020000Z-9f3c", from, WalTest.Cancellation);
        Assert.Equal("twibackup-20261123T020000Z-9f3c", taken.Name);
        Assert.Equal([taken.Name], (await test.ChainAsync()).Points);
        Assert.True(test.Receiver.Status.Durable >= taken.Lsn);

        // From before the chain there is a hole.
        var hole = await Assert.ThrowsAsync<TwiBackupException>(() => point.TakeAsync("2", new Lsn(0x100000), WalTest.Cancellation));
        Assert.Contains("000000010000000000000000 is missing", hole.Message, StringComparison.Ordinal);

        await test.StopAsync();
        var down = await Assert.ThrowsAsync<TwiBackupException>(() => point.TakeAsync("3", from, WalTest.Cancellation));
        Assert.Contains("no receiver", down.Message, StringComparison.Ordinal);
    }
}
