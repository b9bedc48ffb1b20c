using System.Text.Json.Nodes;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Sealing;

namespace TwiBackup.Tests.Invariants;

/// <summary>Exit code and one line with what to do.</summary>
public sealed class Invariant08_Every_failure_is_loud
{
    [Fact]
    public async Task Bad_input_ends_in_one_line_and_the_right_exit_code()
    {
        await using var system = await CommandLine.StartAsync();
        await FailsAsync(system, ExitCode.Failed, "no full backup", "restore", "database", Path.Combine(system.Folder, "r"));
        var backup = await system.RunAsync("backup", "database");
        Assert.True(backup.ExitCode == 0, backup.Errors);
        var set = Assert.Single((await system.Catalog.ListAsync(SetKind.Full, CommandLine.Cancellation)).Sets);

        await FailsAsync(system, ExitCode.WrongUse, "--lsn and --name", "restore", "database", Path.Combine(system.Folder, "r"), "--lsn", "0/1", "--name", "x");
        await FailsAsync(system, ExitCode.WrongUse, "is not an LSN", "restore", "database", Path.Combine(system.Folder, "r"), "--lsn", "one");
        await FailsAsync(system, ExitCode.Failed, "can't be reached", "restore", "database", Path.Combine(system.Folder, "r"), "--lsn", "FF/0");
        await FailsAsync(system, ExitCode.Failed, "20200101T000000Z-0000", "restore", "database", Path.Combine(system.Folder, "r"), "--id", "20200101T000000Z-0000");
        Assert.False(Directory.Exists(Path.Combine(system.Folder, "r")));

        // Server down.
        await system.WritePolicyAsync(p => p["database"]!["connection"] = $"host=127.0.0.1 port={LocalServer.FreePort()} user=replicator dbname=postgres sslmode=disable");
        await FailsAsync(system, ExitCode.Failed, "127.0.0.1", "backup", "database");
        // A wrong identity.
        var other = await KeyFiles.GenerateAsync(Path.Combine(system.Folder, "other"), TimeProvider.System, CommandLine.Cancellation);
        await system.WritePolicyAsync(p => p["keys"]!["identity"] = $"file:{other.IdentityFile}");
        await FailsAsync(system, ExitCode.Failed, set.Manifest.Prefix, "restore", "database", Path.Combine(system.Folder, "wrong-identity"));
        // A wrong signing key: nothing that it trusts is there.
        await system.WritePolicyAsync(p => p["keys"]!["trusted"] = new JsonArray(other.SigningPublic.ToString()));
        await FailsAsync(system, ExitCode.Failed, "refused", "restore", "database", Path.Combine(system.Folder, "wrong-key"));
        Assert.False(Directory.Exists(Path.Combine(system.Folder, "wrong-key")));
        var listed = await system.RunAsync("list");
        Assert.Equal((int)ExitCode.ObjectiveMissed, listed.ExitCode);

        // A damaged object: verification says so by its own exit code.
        await system.WritePolicyAsync(_ => { });
        var path = Path.Combine(system.Store.Root, set.Key(set.Manifest.Objects[^1]));
        var bytes = await File.ReadAllBytesAsync(path, CommandLine.Cancellation);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, CommandLine.Cancellation);
        foreach (var structure in (string[][])[[], ["--structure"]])
        {
            var verified = await system.RunAsync(["verify", "database", "--scratch", system.Folder, .. structure]);
            Assert.Equal((int)ExitCode.ObjectiveMissed, verified.ExitCode);
            Assert.Contains("FAILED", verified.Output, StringComparison.Ordinal);
        }

        Assert.Equal(2, Directory.GetFiles(Path.Combine(system.Store.Root, CommandLine.System, "verification"), "*.json").Length);
    }

    private static async Task FailsAsync(CommandLine system, ExitCode code, string said, params string[] arguments)
    {
        var outcome = await system.RunAsync(arguments);
        Assert.True(outcome.ExitCode == (int)code, $"{string.Join(' ', arguments)}: {outcome.ExitCode}, {outcome.Errors}");
        Assert.Contains(said, outcome.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Unexpected", outcome.Errors, StringComparison.Ordinal);
    }
}
