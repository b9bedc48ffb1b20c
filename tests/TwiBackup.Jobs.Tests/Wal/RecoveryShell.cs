using TwiBackup.Tests.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

/// <summary>
/// Lets a real server run our fetch as its restore_command: a shell script leaves a request in a folder and ends with the exit code
/// that the answer holds; the answer is made in this process exactly as the command makes it.
/// </summary>
internal sealed class RecoveryShell : IAsyncDisposable
{
    private readonly string _folder = TestEnvironment.Account.CreatePrivateDirectory("twi-rc-");
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string, string, CancellationToken, Task<int>> _fetch;
    private readonly Task _answering;
    private readonly List<(string Name, int Code)> _answers = [];

    public RecoveryShell(WalFetch fetch)
        : this(async (name, destination, cancellationToken) => (int)await fetch.FetchAsync(name, destination, cancellationToken))
    {
    }

    /// <param name="fetch">Brings the file of the first argument to the second, and returns what the command ends with.</param>
    public RecoveryShell(Func<string, string, CancellationToken, Task<int>> fetch)
    {
        _fetch = fetch;
        Script = Path.Combine(_folder, "fetch.sh");
        File.WriteAllText(
            Script,
            $"""
            r={_folder}/$$
            printf '%s\n%s\n' "$1" "$(pwd)/$2" > $r.tmp && mv $r.tmp $r.req || exit 126
            while [ ! -f $r.res ]; do sleep 0.02; done
            exit $(cat $r.res)
            """);
        TestEnvironment.Account.Chown(Script);
        _answering = AnswerAsync(_stop.Token);
    }

    public string Script { get; }

    public string Command => $"sh {Script} %f %p";

    /// <summary>What was asked for and what it ended with, in order.</summary>
    public IReadOnlyList<(string Name, int Code)> Answers => _answers;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        Directory.Delete(_folder, true);
    }

    private async Task AnswerAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            foreach (var request in Directory.GetFiles(_folder, "*.req"))
            {
                var lines = await File.ReadAllLinesAsync(request, cancellationToken);
                File.Delete(request);
                int code;
                try
                {
                    code = await _fetch(lines[0], lines[1], cancellationToken);
                    if (code == 0)
                        TestEnvironment.Account.Chown(lines[1]);
                }
                catch (Exception failure) when (failure is TwiBackupException or IOException)
                {
                    code = 126;
                }

                _answers.Add((lines[0], code));
                var answer = request[..^4];
                await File.WriteAllTextAsync(answer + ".out", $"{code}", cancellationToken);
                File.Move(answer + ".out", answer + ".res");
            }

            await Task.Delay(10, cancellationToken);
        }
    }
}
