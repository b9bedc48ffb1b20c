using System.Collections.Concurrent;
using System.Diagnostics;
using TwiBackup.Alerts;
using TwiBackup.Scheduling;
using TwiBackup.Tests.Sealing;

namespace TwiBackup.Tests.Scheduling;

/// <summary>Jobs as processes: a script stands in for the program, so that it can do what the program never should.</summary>
public sealed class ChildJobsTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly ConcurrentQueue<string> log = new();
    private readonly Dictionary<string, string> environment = new()
    {
        ["PATH"] = "/usr/bin:/bin",
        ["DB_PASSWORD"] = "db-secret",
        ["PGPASSWORD"] = "pg-secret",
        ["SIGNING_KEY"] = "signing-secret",
        ["IDENTITY"] = "identity-secret",
        ["VERIFIER_KEY"] = "verifier-secret",
        ["GIT_TOKEN"] = "git-secret",
        ["HOOK"] = "hook-secret",
        ["RECIPIENTS"] = TestPolicy.Recipient,
        ["AWS_REGION"] = "eu-central-1",
        ["LD_PRELOAD"] = "",
        ["BASH_ENV"] = "/nowhere",
        ["OTHER"] = "other-secret",
    };

    public void Dispose() => folder.Dispose();

    /// <summary>cron gave the guide's script neither PGPASSWORD nor the webhook nor a PATH (fault 15).</summary>
    [Fact]
    public async Task A_scheduled_job_gets_the_variables_that_it_needs_and_no_other_jobs_secrets()
    {
        var seen = new Dictionary<string, string[]>();
        foreach (var kind in (string[])["full", "repository", "verification", "prune"])
        {
            var outcome = await Jobs("env").RunAsync(Scheduled(kind), CancellationToken.None);
            Assert.Equal(JobResult.Succeeded, outcome.Result);
            seen[kind] = [.. log.Select(l => l[(l.IndexOf(": ", StringComparison.Ordinal) + 2)..].Split('=')[0])];
            log.Clear();
        }

        foreach (var names in seen.Values)
        {
            Assert.Superset(new HashSet<string> { "PATH", "AWS_REGION", "RECIPIENTS" }, names.ToHashSet());
            Assert.DoesNotContain("OTHER", names);
            Assert.DoesNotContain("HOOK", names);
            Assert.DoesNotContain("BASH_ENV", names);
        }

        string[] secrets = ["DB_PASSWORD", "PGPASSWORD", "SIGNING_KEY", "IDENTITY", "VERIFIER_KEY", "GIT_TOKEN"];
        Assert.Equal(["DB_PASSWORD", "PGPASSWORD", "SIGNING_KEY"], seen["full"].Intersect(secrets).Order());
        Assert.Equal(["GIT_TOKEN", "SIGNING_KEY"], seen["repository"].Intersect(secrets).Order());
        Assert.Equal(["IDENTITY", "VERIFIER_KEY"], seen["verification"].Intersect(secrets).Order());
        Assert.Empty(seen["prune"].Intersect(secrets));
    }

    /// <summary>busybox's crond took the user field of /etc/cron.d for the command (fault 18): here nothing reads a crontab or a shell line.</summary>
    [Fact]
    public async Task A_job_is_this_program_with_its_arguments_as_they_are()
    {
        await Jobs("printf '%s\\n' \"$#\" \"$@\"").RunAsync(Scheduled("full"), CancellationToken.None);
        Assert.Equal(
            ["4", "backup", "database", "--policy", folder.File("twi backup.json")],
            log.Select(l => l[(l.IndexOf(": ", StringComparison.Ordinal) + 2)..]));
    }

    [Theory]
    [InlineData("echo 'warning: slow' >&2; echo 'The disk is full.' >&2; exit 1", "The disk is full.", true)]
    [InlineData("echo 'The policy is wrong.' >&2; exit 2", "The policy is wrong.", false)]
    [InlineData("echo 'full/x did not pass.' >&2; exit 3", "full/x did not pass.", false)]
    [InlineData("exit 1", "It ended with exit code 1.", true)]
    [InlineData("kill -9 $$", "It was killed (signal 9; by the kernel, if memory ran out).", true)]
    [InlineData("echo 'Restoring' >&2; kill -11 $$", "It crashed (signal 11); it had said last: Restoring", true)]
    public async Task How_a_job_ended_is_told_in_one_line(string script, string reason, bool mayWorkLater)
    {
        var outcome = await Jobs(script).RunAsync(Scheduled("full"), CancellationToken.None);
        Assert.Equal((JobResult.Failed, reason, mayWorkLater), (outcome.Result, outcome.Reason, outcome.MayWorkLater));
    }

    [Fact]
    public async Task A_program_that_is_gone_is_a_failure_like_any()
    {
        var jobs = new ChildJobs(new OwnProgram(folder.File("nowhere"), folder.File("p.json")), Policy(), environment, log.Enqueue, TimeProvider.System);
        var outcome = await jobs.RunAsync(Scheduled("full"), CancellationToken.None);
        Assert.Equal(JobResult.Failed, outcome.Result);
        Assert.Contains("could not be started", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_does_not_heed_SIGTERM_is_killed_within_10_seconds_with_all_it_started()
    {
        using var stop = new CancellationTokenSource();
        var started = new TaskCompletionSource<int>();
        var jobs = new ChildJobs(
            Program("trap '' TERM; sleep 300 & echo $!; wait; wait"), Policy(), environment, line => log.Enqueue(line), TimeProvider.System);
        var running = jobs.RunWithCodeAsync(Scheduled("full"), line => started.TrySetResult(int.Parse(line.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture)), stop.Token);
        var sleeper = await started.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        var watch = Stopwatch.StartNew();
        await stop.CancelAsync();
        var (outcome, _) = await running;
        Assert.Equal(JobResult.Stopped, outcome.Result);
        Assert.InRange(watch.Elapsed.TotalSeconds, 7, 10);
        while (Directory.Exists($"/proc/{sleeper}") && !(await File.ReadAllTextAsync($"/proc/{sleeper}/stat", TestContext.Current.CancellationToken)).Contains(") Z ", StringComparison.Ordinal))
            Assert.True(watch.Elapsed.TotalSeconds < 30);
    }

    [Fact]
    public async Task Told_to_stop_a_job_gets_SIGTERM()
    {
        using var stop = new CancellationTokenSource();
        var started = new TaskCompletionSource();
        var jobs = new ChildJobs(
            Program("trap 'echo flushed >&2; exit 0' TERM; echo up; while :; do sleep 0.05; done"), Policy(), environment, log.Enqueue, TimeProvider.System);
        var running = jobs.RunWithCodeAsync(Scheduled("full"), _ => started.TrySetResult(), stop.Token);
        await started.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        var (outcome, code) = await running;
        Assert.Equal((JobResult.Succeeded, 0), (outcome.Result, code));
        Assert.Contains(log, l => l.EndsWith("flushed", StringComparison.Ordinal));
    }

    private static Policy.BackupPolicy Policy() => TestPolicy.Parse(
        """{ "discord": "env:HOOK" }""",
        """
        { "full": { "schedule": "0 2 * * *", "keep": "30d" }, "repository": { "schedule": "0 4 * * 0", "keep": "1y", "source": "https://git.test/b.git", "tokenSecret": "env:GIT_TOKEN" } }
        """,
        keys: """{ "recipients": ["env:RECIPIENTS"], "signingKey": "env:SIGNING_KEY", "identity": "env:IDENTITY", "verifierKey": "env:VERIFIER_KEY" }""",
        extra: "\"verification\": { \"schedule\": \"0 3 * * 0\" },");

    private static ScheduledJob Scheduled(string kind) => ScheduledJobs.Find(Policy(), kind)[0];

    private ChildJobs Jobs(string script) => new(Program(script), Policy(), environment, log.Enqueue, TimeProvider.System);

    private OwnProgram Program(string script)
    {
        var path = folder.Write("program", $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new OwnProgram(path, folder.File("twi backup.json"));
    }
}
