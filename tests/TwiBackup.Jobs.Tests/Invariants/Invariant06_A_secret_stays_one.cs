using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Invariants;

/// <summary>No password and no key on a command line, in a log, in a manifest or in the clear in the store; files 0600, folders 0700.</summary>
public sealed class Invariant06_A_secret_stays_one
{
    [Fact]
    public async Task Nothing_that_a_backup_a_verification_or_a_restore_leaves_or_shows_holds_a_secret()
    {
        await using var system = await CommandLine.StartAsync();
        await system.Server.ExecuteAsync(
            "app",
            "create table private(note text)", "insert into private values ('row-that-nobody-may-read')",
            "alter system set primary_conninfo = 'host=x password=conninfo-secret'",
            "alter system set archive_command = 'curl -H token:archive-secret https://x'",
            "select pg_reload_conf()");
        var identity = (await File.ReadAllLinesAsync(system.Keys.IdentityFile, CommandLine.Cancellation)).Single(l => l.StartsWith("AGE-SECRET-KEY", StringComparison.Ordinal));
        var signing = (await File.ReadAllLinesAsync(system.Keys.SigningFile, CommandLine.Cancellation))[1];
        string[] secrets = [TestPostgres.ReplicatorPassword, "repl pass", identity, signing, "conninfo-secret", "archive-secret"];

        using var watching = new CancellationTokenSource();
        var lines = new ConcurrentDictionary<string, bool>();
        var watch = Task.Run(() => WatchCommandLines(lines, watching.Token), CommandLine.Cancellation);
        var directory = Path.Combine(system.Folder, "restored");
        var outcomes = new List<CommandLine.Outcome>
        {
            await system.RunAsync("backup", "database", "--verbose"),
            await system.RunAsync("verify", "database", "--scratch", system.Folder, "--verbose"),
            await system.RunAsync("restore", "database", directory, "--verbose"),
            await system.RunAsync("list", "--json"),
        };
        // Dumps hold password hashes and settings of databases; both stay inside.
        await system.Server.ExecuteAsync("postgres", "alter role replicator superuser", "alter database app set bot.token = 'setting-secret'");
        secrets = [.. secrets, "setting-secret", await system.Server.ScalarAsync("select rolpassword from pg_authid where rolname = 'app'")];
        await system.WritePolicyAsync(policy =>
        {
            policy["database"]!["databases"] = new JsonArray("app");
            policy["backups"]!["dump"] = new JsonObject { ["schedule"] = "0 3 * * *", ["keep"] = "30d" };
        });
        outcomes.Add(await system.RunAsync("backup", "dump", "--verbose"));
        outcomes.Add(await system.RunAsync("restore", "dump", "--as", "copy", "--verbose"));
        await system.WritePolicyAsync(policy => policy["database"]!["connection"] = $"host=127.0.0.1 port=1 user=replicator password={secrets[1].Replace(' ', '_')} dbname=postgres sslmode=disable");
        outcomes.Add(await system.RunAsync("backup", "database", "--verbose"));
        await watching.CancelAsync();
        await watch;

        Assert.Equal([0, 0, 0, 0, 0, 0], outcomes.Take(6).Select(o => o.ExitCode));
        Assert.NotEqual(0, outcomes[6].ExitCode);
        Assert.Contains(lines.Keys, l => l.Contains("pg_restore", StringComparison.Ordinal));
        Assert.Contains(lines.Keys, l => l.Contains("pg_dumpall", StringComparison.Ordinal) || l.Contains("pg_amcheck", StringComparison.Ordinal));
        foreach (var secret in secrets.Append("repl_pass"))
        {
            Assert.DoesNotContain(lines.Keys, l => l.Contains(secret, StringComparison.Ordinal));
            Assert.All(outcomes, o => Assert.DoesNotContain(secret, o.Output + o.Errors, StringComparison.Ordinal));
        }

        foreach (var file in Directory.EnumerateFiles(system.Store.Root, "*", SearchOption.AllDirectories))
        {
            var text = global::System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, CommandLine.Cancellation));
            Assert.All(secrets.Append("row-that-nobody-may-read"), secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        }

        foreach (var root in (string[])[system.Store.Root, directory])
        {
            foreach (var entry in Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories))
            {
                var others = File.GetUnixFileMode(entry) & (UnixFileMode)0b000_111_111;
                Assert.True(others == 0, $"{entry} is open to others: {others}");
            }
        }
    }

    [Fact]
    public async Task A_secret_of_the_environment_is_not_passed_on_to_children()
    {
        await using var system = await CommandLine.StartAsync();
        Assert.Equal(0, (await system.RunAsync("backup", "database")).ExitCode);
        var found = new ConcurrentBag<string>();
        using var watching = new CancellationTokenSource();
        using var verify = system.Start("verify", "database", "--scratch", system.Folder);
        var seen = 0;
        while (!verify.HasExited)
        {
            foreach (var process in Directory.EnumerateDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), out var id) && id != verify.Id))
            {
                try
                {
                    // Between fork and exec a child is still the program itself, by its command line, too.
                    var line = File.ReadAllText(Path.Combine(process, "cmdline"));
                    if (!line.Contains(system.Folder, StringComparison.Ordinal) || line.Contains(system.PolicyPath, StringComparison.Ordinal))
                        continue;
                    seen++;
                    if (File.ReadAllText(Path.Combine(process, "environ")).Contains(TestPostgres.ReplicatorPassword, StringComparison.Ordinal))
                        found.Add(process);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // It has just ended, or is not ours to look at.
                }
            }

            await Task.Delay(10, CommandLine.Cancellation);
        }

        Assert.True(seen > 0, "no child was seen");
        Assert.Empty(found);
    }

    private static void WatchCommandLines(ConcurrentDictionary<string, bool> lines, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (var process in Directory.EnumerateDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), out _)))
            {
                try
                {
                    lines.TryAdd(File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' '), true);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // It has just ended.
                }
            }

            stop.WaitHandle.WaitOne(5);
        }
    }
}
