using System.Globalization;
using TwiBackup.Postgres;

namespace TwiBackup.Database;

/// <summary>
/// Hands WAL to a server in recovery through a folder. Its restore_command is a small shell script: it takes a file that lies ready, else
/// asks this process for it and waits. So the server's account needs neither the keys nor the policy nor this program, nothing is started
/// anew for each segment, and when this process ends the script says so with 126, which aborts recovery instead of ending it early
/// (<see href="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-RESTORE-COMMAND">restore_command</see>).
/// </summary>
internal sealed class RecoveryFeed : IAsyncDisposable
{
    private const string ScriptName = "restore-command";
    private const string RequestName = "request";
    private const string AnswerName = "answer";
    private const UnixFileMode PrivateFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // $1 is the file's name, $2 where the server wants it. The request appears by rename, so it is never read by half.
    private const string Script = """
        #!/bin/sh
        case $2 in /*) want=$2 ;; *) want=$PWD/$2 ;; esac
        cd "FOLDER" || exit 126
        take() { [ -e "ready/$1" ] && mv "ready/$1" "$want"; }
        take "$1" && exit 0
        rm -f answer
        echo "$1" >request.new && mv request.new request || exit 126
        while [ -d /proc/PROCESS ]; do
            if [ -e answer ]; then
                read -r code <answer
                rm -f answer
                [ "$code" != 0 ] && exit "$code"
                take "$1" && exit 0
                exit 126
            fi
            sleep 0.01
        done
        exit 126

        """;

    private readonly string folder;
    private readonly Func<string, string, CancellationToken, Task<int>> fetch;
    private readonly CancellationTokenSource ending = new();
    private readonly FileSystemWatcher watcher;
    private readonly SemaphoreSlim asked = new(0);
    private readonly ServerAccount account;
    private Task serving = Task.CompletedTask;

    private RecoveryFeed(string folder, ServerAccount account, Func<string, string, CancellationToken, Task<int>> fetch)
    {
        this.folder = folder;
        this.account = account;
        this.fetch = fetch;
        watcher = new FileSystemWatcher(folder) { NotifyFilter = NotifyFilters.FileName };
        watcher.Renamed += (_, _) => asked.Release();
        watcher.Error += (_, _) => asked.Release();
        watcher.EnableRaisingEvents = true;
    }

    /// <summary>Where segments that are ahead of the server lie: whole, under their names, owned by the server's account.</summary>
    public string ReadyFolder => Path.Combine(folder, "ready");

    /// <summary>The server's restore_command.</summary>
    public string RestoreCommand => $"\"{Path.Combine(folder, ScriptName)}\" \"%f\" \"%p\"";

    /// <summary>Why recovery was aborted by us, if it was.</summary>
    public TwiBackupException? Failure { get; private set; }

    /// <summary>Before recovery is tried again.</summary>
    public void ForgetFailure() => Failure = null;

    /// <summary>Makes the folder and begins to answer.</summary>
    /// <param name="folder">A new folder on the file system of the data directory.</param>
    /// <param name="account">The server's account.</param>
    /// <param name="fetch">
    /// Puts the file named by the first argument at the path of the second. Returns what restore_command is to end with: 0 it is there,
    /// 1 the archive was reached and neither it nor anything behind it exists. Whatever it throws is 126.
    /// </param>
    public static RecoveryFeed Start(string folder, ServerAccount account, Func<string, string, CancellationToken, Task<int>> fetch)
    {
        Directory.CreateDirectory(folder, PrivateFolder);
        Directory.CreateDirectory(Path.Combine(folder, "ready"), PrivateFolder);
        var script = Path.Combine(folder, ScriptName);
        File.WriteAllText(script, Script.Replace("FOLDER", folder, StringComparison.Ordinal).Replace("PROCESS", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        File.SetUnixFileMode(script, PrivateFolder);
        account.ChownTree(folder);
        var feed = new RecoveryFeed(folder, account, fetch);
        feed.serving = Task.Run(() => feed.ServeAsync(feed.ending.Token));
        return feed;
    }

    public async ValueTask DisposeAsync()
    {
        watcher.EnableRaisingEvents = false;
        await ending.CancelAsync();
        await serving;
        watcher.Dispose();
        ending.Dispose();
        asked.Dispose();
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private async Task ServeAsync(CancellationToken cancellationToken)
    {
        var request = Path.Combine(folder, RequestName);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                // A lost notification must not stop recovery: looked at now and then anyway.
                await asked.WaitAsync(TimeSpan.FromSeconds(1), cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (!File.Exists(request))
                continue;
            var name = (await File.ReadAllTextAsync(request, CancellationToken.None)).Trim();
            File.Delete(request);
            Answer(await FetchAsync(name, cancellationToken));
        }
    }

    private async Task<int> FetchAsync(string name, CancellationToken cancellationToken)
    {
        const int Abort = 126;
        try
        {
            if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal))
                return Abort;
            var ready = Path.Combine(ReadyFolder, name);
            // It may have come between the script's look and its question.
            if (File.Exists(ready))
                return 0;
            var partial = Path.Combine(folder, "fetched");
            var code = await fetch(name, partial, cancellationToken);
            if (code == 0)
            {
                account.Chown(partial);
                File.Move(partial, ready, overwrite: true);
            }

            return code;
        }
        catch (TwiBackupException e)
        {
            Failure = e;
            return Abort;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            Failure = new TwiBackupException($"WAL file {name} could not be handed to the server: {e.Message}", e);
            return Abort;
        }
    }

    private void Answer(int code)
    {
        var answer = Path.Combine(folder, AnswerName);
        File.WriteAllText(answer + ".new", code.ToString(CultureInfo.InvariantCulture) + "\n");
        account.Chown(answer + ".new");
        File.Move(answer + ".new", answer, overwrite: true);
    }
}
