using TwiBackup.Postgres;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Invariants;

/// <summary>By the command line: what exists stays as it is, and the exit code says that it was used wrongly.</summary>
public sealed class Invariant07_Nothing_is_restored_over_something
{
    [Fact]
    public async Task A_directory_with_something_in_it_is_refused_and_untouched()
    {
        await using var system = await CommandLine.StartAsync();
        Assert.Equal(0, (await system.RunAsync("backup", "database")).ExitCode);
        var directory = Path.Combine(system.Folder, "taken");
        Directory.CreateDirectory(directory);
        var file = Path.Combine(directory, "something");
        await File.WriteAllTextAsync(file, "mine", CommandLine.Cancellation);
        foreach (var arguments in (string[][])[["restore", "database", directory], ["restore", "database", directory, "--start-over"]])
        {
            var refused = await system.RunAsync(arguments);
            Assert.Equal((int)ExitCode.WrongUse, refused.ExitCode);
            Assert.Contains("is not empty", refused.Reason, StringComparison.Ordinal);
        }

        Assert.Equal("mine", await File.ReadAllTextAsync(file, CommandLine.Cancellation));
        Assert.Single(Directory.EnumerateFileSystemEntries(directory));
        // The running server's own directory least of all.
        var running = await system.RunAsync("restore", "database", system.Server.DataDirectory);
        Assert.Equal((int)ExitCode.WrongUse, running.ExitCode);
        Assert.Equal("1", await system.Server.ScalarAsync("select 1"));
    }

    [Fact]
    public async Task A_table_is_not_brought_back_over_one_that_is_there()
    {
        await using var server = await TestPostgres.StartAsync();
        await server.ExecuteAsync("postgres", "create table kept as select 1 as id");
        await server.ExecuteAsync("app", "create table kept as select 2 as id");
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => TwiBackup.Database.TableTransfer.CopyAsync(
            TestEnvironment.Installation, TestEnvironment.Account, server.Superuser, server.Superuser with { Database = "app" }, "public.kept", CommandLine.Cancellation));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Equal("2", await server.ScalarAsync("select id from kept", "app"));
    }
}
