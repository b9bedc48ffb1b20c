using TwiBackup.Policy;
using TwiBackup.Recovery;
using TwiBackup.Tests.Files;
using TwiBackup.Tests.Sealing;

namespace TwiBackup.Tests.Recovery;

public sealed class ExternalCommandTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly RecordedProgress progress = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_shell_reads_the_arguments()
    {
        await Run("printf", "%s\\n", "$(touch pwned); *", "a b").RunAsync(Cancellation);
        Assert.Equal(["deploy: $(touch pwned); *", "deploy: a b"], progress.Said);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Its_words_pass_without_terminal_control()
    {
        await Run("printf", "\\033[2J\\033]0;title\\007red\\033[0m\\r\\n\\n   \\ntwo\\n").RunAsync(Cancellation);
        Assert.Equal(["deploy: red", "deploy: two"], progress.Said);
    }

    [Fact]
    public async Task A_server_that_it_leaves_behind_is_not_waited_for()
    {
        var ended = await Run("sh", "-c", "sleep 30 & echo $! > pid; echo started").RunAsync(Cancellation);
        Assert.Contains("ended well", ended, StringComparison.Ordinal);
        var process = System.Diagnostics.Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(folder.File("pid"), Cancellation), System.Globalization.CultureInfo.InvariantCulture));
        Assert.False(process.HasExited);
        process.Kill();
    }

    [Fact]
    public async Task Stopped_it_is_told_before_it_is_killed()
    {
        using var stop = new CancellationTokenSource();
        var started = new TaskCompletionSource();
        var listening = new ListeningProgress(started);
        var running = new ExternalCommand(
            "provision", ["sh", "-c", "trap 'echo unlocked > state; exit 1' INT; echo ready; while :; do sleep 0.05; done"], folder.Path,
            new Dictionary<string, string?>(), SecretMask.None, listening).RunAsync(stop.Token);
        await started.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal("unlocked\n", await File.ReadAllTextAsync(folder.File("state"), Cancellation));
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_one_line()
    {
        var missing = await Assert.ThrowsAsync<TwiBackupException>(() => Run("./nothing").RunAsync(Cancellation));
        Assert.Contains(folder.File("nothing"), missing.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', missing.Message);
    }

    [Fact]
    public void Commands_get_what_the_policy_names_and_never_its_secrets()
    {
        var policy = PolicyFile.Parse(
            """
            {
              "version": 1, "system": "bot",
              "database": { "mode": "physical", "connection": "host=db", "password": "env:AWS_DB_PASSWORD" },
              "stores": { "primary": "/backups" }, "keys": { "recipients": [], "identity": "env:IDENTITY" },
              "backups": { "full": { "schedule": "0 2 * * *", "keep": "30d" } },
              "objectives": { "database": { "rpo": "1h", "rto": "2h" }, "system": { "rto": "4h" } },
              "recovery": { "environment": ["AWS_*", "EXACT"] }
            }
            """,
            "twibackup.json");
        var environment = new Dictionary<string, string>
        {
            ["AWS_PROFILE"] = "p", ["AWS_DB_PASSWORD"] = "hunter2-hunter2", ["EXACT"] = "x", ["EXACTLY"] = "y", ["IDENTITY"] = "# made\nAGE-SECRET-KEY-1AAAA\n", ["OTHER"] = "z",
        };
        Assert.Equal(["AWS_PROFILE", "EXACT"], CommandEnvironment.Of(policy, environment).Keys.Order());
        var mask = SecretMask.Of(policy, environment);
        Assert.Equal("it is *** and ***, made", mask.Hide("it is hunter2-hunter2 and AGE-SECRET-KEY-1AAAA, made"));
    }

    public void Dispose() => folder.Dispose();

    private ExternalCommand Run(params string[] words) =>
        new("deploy", words, folder.Path, new Dictionary<string, string?>(), SecretMask.None, progress);

    private sealed class ListeningProgress(TaskCompletionSource said) : TwiBackup.Progress.IProgressReporter
    {
        public void Stage(string name, long? totalBytes = null)
        {
        }

        public void Advance(long bytes)
        {
        }

        public void Say(string line) => said.TrySetResult();

        public void Warn(string line)
        {
        }
    }
}
