using System.Diagnostics;
using System.Text;
using TwiBackup.Postgres;

namespace TwiBackup.Tests.Postgres;

public sealed class ChildProcessTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_environment_is_clean()
    {
        Environment.SetEnvironmentVariable("TWIBACKUP_TEST_SECRET", "must not be seen");
        var result = await RunAsync("env");
        var names = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=')[0]).Order();
        Assert.Equal(["HOME", "LANG", "PATH", "TZ"], names);
        Assert.Contains("TZ=UTC", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arguments_pass_unchanged_and_input_is_fed()
    {
        var odd = new[] { "a b", "'\"", "$HOME", "*", "" };
        Assert.Equal(string.Concat(odd.Select(argument => $"<{argument}>")), (await RunAsync("printf", ["<%s>", .. odd])).Output);
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(new string('x', 300_000)));
        var counted = await ChildProcess.RunAsync(new ChildProcessOptions { Program = "wc", Arguments = ["-c"], Input = input }, Cancel);
        Assert.Equal("300000", counted.Output.Trim());
    }

    [Fact]
    public async Task Failure_quotes_its_last_line_and_a_missing_program_is_named()
    {
        var result = await RunAsync("sh", "-c", "echo first >&2; echo the reason >&2; exit 3");
        Assert.Equal(3, result.ExitCode);
        var error = Assert.Throws<TwiBackupException>(() => result.ThrowIfFailed("Trying", "Try again."));
        Assert.Equal("Trying failed with exit code 3: the reason. Try again.", error.Message);
        Assert.Contains("no-such-program", (await Assert.ThrowsAsync<TwiBackupException>(() => RunAsync("no-such-program"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_are_kept_to_their_tail_and_output_without_end_is_refused()
    {
        var noisy = await RunAsync("sh", "-c", "head -c 5000000 /dev/zero | tr '\\0' 'n' >&2; echo end >&2");
        Assert.InRange(noisy.ErrorOutput.Length, 1000, ChildProcess.CaptureLimit);
        Assert.EndsWith("end\n", noisy.ErrorOutput, StringComparison.Ordinal);
        await Assert.ThrowsAsync<TwiBackupException>(() => RunAsync("yes"));
    }

    [Fact]
    public async Task Output_is_streamed()
    {
        await using var child = ChildProcess.Start(
            new ChildProcessOptions { Program = "head", Arguments = ["-c", "10000000", "/dev/zero"] });
        var total = 0L;
        var buffer = new byte[65536];
        for (int count; (count = await child.StandardOutput.ReadAsync(buffer, Cancel)) > 0;)
            total += count;
        Assert.Equal(10_000_000, total);
        Assert.Equal(0, (await child.WaitAsync(Cancel)).ExitCode);
    }

    [Fact]
    public async Task Cancelling_kills_the_program_and_its_children()
    {
        await using var child = ChildProcess.Start(new ChildProcessOptions { Program = "sh", Arguments = ["-c", "sleep 600 & echo $!; "
            + "wait"] });
        using var reader = new StreamReader(child.StandardOutput, leaveOpen: true);
        var grandchild = int.Parse((await reader.ReadLineAsync(Cancel))!, System.Globalization.CultureInfo.InvariantCulture);
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(20));
        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => child.WaitAsync(cancel.Token));
        while (File.Exists($"/proc/{grandchild}/cmdline") && (await File.ReadAllTextAsync($"/proc/{grandchild}/cmdline",
            Cancel)).Length > 0)
            await Task.Delay(5, Cancel);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task It_runs_as_the_servers_account()
    {
        var result = await ChildProcess.RunAsync(
            new ChildProcessOptions { Program = "id", Arguments = ["-u"], Account = TestEnvironment.Account }, Cancel);
        Assert.Equal($"{TestEnvironment.Account.UserId}", result.Output.Trim());
        Assert.NotEqual(0u, TestEnvironment.Account.UserId);
        // Its own groups, and none of ours: as it would be logged in.
        var groups = await ChildProcess.RunAsync(new ChildProcessOptions { Program = "id", Arguments = ["-G"], Account = TestEnvironment.Account }, Cancel);
        var known = await ChildProcess.RunAsync(new ChildProcessOptions { Program = "id", Arguments = ["-G", TestEnvironment.Account.Name] }, Cancel);
        Assert.Equal(known.Output, groups.Output);
    }

    [Fact]
    public void A_program_that_is_not_there_is_said_whoever_should_run_it()
    {
        foreach (var account in (ServerAccount?[])[null, TestEnvironment.Account])
        {
            var refused = Assert.Throws<TwiBackupException>(
                () => ChildProcess.Start(new ChildProcessOptions { Program = "/nowhere/postgres", Account = account, OwnSession = true }));
            Assert.StartsWith("/nowhere/postgres could not be started", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task It_keeps_nothing_of_root_where_another_account_runs_it()
    {
        Assert.SkipWhen(TestEnvironment.Account.IsSelf, "needs root");
        await using var child = ChildProcess.Start(new ChildProcessOptions { Program = "/usr/bin/sleep", Arguments = ["100"], Account = TestEnvironment.Account, OwnSession = true });
        while (!(await File.ReadAllTextAsync($"/proc/{child.ProcessId}/cmdline", Cancel)).StartsWith("/usr/bin/sleep", StringComparison.Ordinal))
            await Task.Delay(5, Cancel);
        var status = await File.ReadAllLinesAsync($"/proc/{child.ProcessId}/status", Cancel);
        Assert.Contains($"Uid:\t{string.Join('\t', Enumerable.Repeat(TestEnvironment.Account.UserId, 4))}", status);
        Assert.Contains("CapEff:\t0000000000000000", status);
    }

    [Fact]
    public async Task Tools_connect_by_a_password_file_that_goes_afterwards()
    {
        await using var postgres = await TestPostgres.StartAsync();
        string file;
        using (var environment = ToolEnvironment.For(postgres.App with { Password = TestPostgres.AppPassword }))
        {
            file = environment.Variables["PGPASSFILE"]!;
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.DoesNotContain(environment.Variables, pair => pair.Value!.Contains(TestPostgres.AppPassword, StringComparison.Ordinal));
            var said = await ChildProcess.RunAsync(
                new ChildProcessOptions
                {
                    Program = TestEnvironment.Installation.Tool("psql"),
                    Arguments = ["-XAtwc", "SELECT current_user, current_database()"],
                    Environment = environment.Variables,
                },
                Cancel);
            Assert.Equal("app|app", said.ThrowIfFailed("psql", "").Output.Trim());
        }
        Assert.False(File.Exists(file));
    }

    private static Task<ChildResult> RunAsync(string program, params string[] arguments) =>
        ChildProcess.RunAsync(new ChildProcessOptions { Program = program, Arguments = arguments }, Cancel);
}
