using System.Globalization;
using TwiBackup.Repositories;

namespace TwiBackup.Rehearsal.Local;

/// <summary>The checkout of the bot's code: real git, with the branches that the bot's repository has. It has no <c>main</c>.</summary>
internal sealed class BotRepository : IDisposable
{
    private const string Remedy = "The rehearsed system's repository can't be made.";

    private static readonly string[] Author = ["-c", "user.name=Rehearsal", "-c", "user.email=rehearsal@localhost"];

    private readonly string folder;
    private readonly string scratch;
    private readonly Git git;

    public BotRepository(string folder)
    {
        this.folder = folder;
        scratch = Directory.CreateTempSubdirectory("twibackup-git-").FullName;
        git = new Git(GitAccess.None, scratch, folder);
    }

    /// <summary>Makes it: two commits, staging checked out, production behind it, a tag, files that begin with a dot.</summary>
    public async Task MakeAsync(CancellationToken cancellationToken)
    {
        await RunAsync(["init", "-q", "-b", "staging"], cancellationToken);
        Write(".gitignore", "/.env\n/ssl-cert/\n/logs/\n/docker-compose.yml\n");
        Write(".dockerignore", ".env*\n");
        Write("main.py", "print('cognita')\n");
        await CommitAllAsync("Start", cancellationToken);
        await RunAsync(["branch", "production"], cancellationToken);
        await RunAsync([.. Author, "tag", "-a", "v1.0", "-m", "First release"], cancellationToken);
        Write("database/init.sql", "select 1;\n");
        await CommitAllAsync("Add the database", cancellationToken);
    }

    /// <summary>One more commit on the branch that is checked out.</summary>
    public Task CommitAsync(int number, CancellationToken cancellationToken)
    {
        Write("main.py", string.Create(CultureInfo.InvariantCulture, $"print('cognita {number}')\n"));
        return CommitAllAsync(string.Create(CultureInfo.InvariantCulture, $"Change {number}"), cancellationToken);
    }

    /// <summary>All refs with what they point at, and HEAD with its branch.</summary>
    public async Task<IReadOnlyDictionary<string, string>> RefsAsync(CancellationToken cancellationToken)
    {
        var refs = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HEAD"] = await RunAsync(["symbolic-ref", "HEAD"], cancellationToken),
        };
        var lines = await RunAsync(["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags"], cancellationToken);
        foreach (var line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split(' ');
            refs[parts[0]] = parts[1];
        }

        return refs;
    }

    public void Dispose()
    {
        git.Dispose();
        Directory.Delete(scratch, recursive: true);
    }

    private async Task CommitAllAsync(string message, CancellationToken cancellationToken)
    {
        await RunAsync(["add", "-A"], cancellationToken);
        await RunAsync([.. Author, "commit", "-q", "-m", message], cancellationToken);
    }

    private Task<string> RunAsync(string[] arguments, CancellationToken cancellationToken) => git.RunAsync(folder, arguments, Remedy, cancellationToken);

    private void Write(string name, string content)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
