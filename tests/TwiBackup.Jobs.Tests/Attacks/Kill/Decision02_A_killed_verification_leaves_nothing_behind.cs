using TwiBackup.Postgres;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>SIGKILL to a verification at points spread over its run: a scratch server and a restored database are all that it has.</summary>
public sealed class Decision02_A_killed_verification_leaves_nothing_behind
{
    [Fact]
    public async Task Its_server_ends_with_it_the_store_is_as_it_was_and_the_next_one_removes_what_lies_there()
    {
        var random = new Random(Tally.Seed());
        await using var system = await CommandLine.StartAsync(CommandLine.Fastest, new InitOptions { WalSegmentSizeMb = 1 }, TestStores.NewFileStore());
        Assert.Equal(0, (await system.RunAsync("backup", "database")).ExitCode);
        var scratch = Directory.CreateDirectory(Path.Combine(system.Folder, "scratch")).FullName;
        var clock = Victim.Clock();
        var first = await system.RunAsync("verify", "database", "--scratch", scratch);
        Assert.True(first.ExitCode == 0, first.Errors);
        var duration = clock();
        Assert.Empty(Directory.GetFileSystemEntries(scratch));

        // Locks and marks of the store's own are not what somebody reads.
        static bool IsObject(string name) => !name.StartsWith(".twibackup", StringComparison.Ordinal);
        var before = Photographs.Take(system.Store.Root, IsObject);
        var kills = 0;
        foreach (var point in Victim.Points(random, duration, Tally.Rounds(5, 40)))
        {
            var (killed, _) = await Victim.KillAsync(system.Start("verify", "database", "--scratch", scratch), Victim.Clock(), point);
            if (!killed)
                continue;
            kills++;
            await LeftOvers.WaitUntilNoneAsync(scratch);
            Assert.True(Directory.GetDirectories(scratch).Length <= 1, "what an earlier one left is still there");
            var after = Photographs.Take(system.Store.Root, IsObject);
            Assert.All(before, file => Assert.Equal(file.Value, after[file.Key]));
            // A record without its signature is none; nothing else is new.
            Assert.All(after.Keys.Except(before.Keys), name => Assert.Contains("/verification/", name, StringComparison.Ordinal));
        }

        Assert.True(kills >= 3, $"only {kills} were killed");
        var last = await system.RunAsync("verify", "database", "--scratch", scratch);
        Assert.True(last.ExitCode == 0, last.Errors);
        Assert.Empty(Directory.GetFileSystemEntries(scratch));
        Assert.Equal(0, (await system.RunAsync("list")).ExitCode);
        Tally.Add("verification: SIGKILL by time", (kills, "kills"));
    }

    [Fact]
    public async Task What_belongs_to_one_that_runs_or_to_nobody_known_is_left_alone()
    {
        var parent = Directory.CreateTempSubdirectory("twi-scratches-").FullName;
        try
        {
            using (var running = new TwiBackup.Files.ScratchFolder(parent))
            {
                var strange = Directory.CreateDirectory(Path.Combine(parent, "twibackup-scratch-of-somebody")).FullName;
                using (var kept = new TwiBackup.Files.ScratchFolder(parent))
                    kept.Keep();
                using (new TwiBackup.Files.ScratchFolder(parent))
                {
                }

                Assert.True(Directory.Exists(running.Path));
                Assert.True(Directory.Exists(strange));
                Assert.Equal(3, Directory.GetDirectories(parent).Length);
            }

            Assert.Equal(2, Directory.GetDirectories(parent).Length);
        }
        finally
        {
            Directory.Delete(parent, recursive: true);
        }
    }

    [Fact]
    public async Task A_server_of_ours_ends_with_us_and_not_before()
    {
        using var child = TestChild.Start(ServeUntilKilled);
        var data = (await child.Output.ReadLineAsync(CommandLine.Cancellation))!;
        Assert.NotEmpty(ServerProcesses.Find(data, null));
        await child.KillAsync();
        await LeftOvers.WaitUntilNoneAsync(data);
        Directory.Delete(Path.GetDirectoryName(data)!, recursive: true);
    }

    private static async Task ServeUntilKilled(string[] arguments)
    {
        var folder = TestEnvironment.Account.CreatePrivateDirectory("twi-orphan-");
        var data = Path.Combine(folder, "data");
        await LocalServer.InitAsync(TestEnvironment.Installation, TestEnvironment.Account, data, new InitOptions(), CancellationToken.None);
        await using var server = await LocalServer.StartAsync(data, TestPostgres.Options(TestPostgresTemplate.Settings, port: null), CancellationToken.None);
        Console.WriteLine(data);
        await Task.Delay(Timeout.Infinite);
    }
}
