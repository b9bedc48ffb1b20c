using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace TwiBackup.Tests.Attacks.Secrets;

/// <summary>
/// Looks, a few hundred times a second, at a process and all that it starts: command lines and environments, as every account or its own may
/// read them, and at what lies for a moment among the temporary files. Command lines of everybody else are looked at, too.
/// </summary>
internal sealed class SessionWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(4);

    private readonly int root;
    private readonly string temporary;
    private readonly HashSet<int> family = [];
    private readonly HashSet<int> sessions = [];
    private readonly HashSet<int> strangers = [];
    private readonly CancellationTokenSource stop = new();
    private readonly Dictionary<string, FileStream> logs = new(StringComparer.Ordinal);
    private readonly Task watching;

    /// <param name="root">The process.</param>
    /// <param name="temporary">Its folder for temporary files.</param>
    public SessionWatch(int root, string temporary)
    {
        (this.root, this.temporary) = (root, temporary);
        family.Add(root);
        watching = Task.Factory.StartNew(Watch, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Every command line that was seen.</summary>
    public ConcurrentDictionary<string, bool> CommandLines { get; } = new(StringComparer.Ordinal);

    /// <summary>The environments of the family, by the program that had it and its command line.</summary>
    public ConcurrentDictionary<(string Program, string CommandLine, string Environment), bool> Environments { get; } = new();

    /// <summary>What stood in files by which secrets go to programs.</summary>
    public ConcurrentDictionary<string, bool> SecretFiles { get; } = new(StringComparer.Ordinal);

    /// <summary>Ends the looking; the logs that PostgreSQL servers wrote, also those that were removed since.</summary>
    public async Task<IReadOnlyDictionary<string, byte[]>> EndAsync()
    {
        await stop.CancelAsync();
        await watching;
        var contents = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (name, file) in logs)
        {
            file.Position = 0;
            using var content = new MemoryStream();
            await file.CopyToAsync(content);
            contents.Add(name, content.ToArray());
        }

        return contents;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await watching;
        foreach (var file in logs.Values)
            await file.DisposeAsync();
        stop.Dispose();
    }

    private void Watch()
    {
        for (var round = 0; !stop.IsCancellationRequested; round++)
        {
            Ignoring(LookAtFiles);
            var there = new HashSet<int>();
            foreach (var process in Directory.EnumerateDirectories("/proc"))
            {
                if (!int.TryParse(Path.GetFileName(process.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                    continue;
                there.Add(id);
                Ignoring(() => LookAt(process, id, round));
            }

            // A number that nobody has any more may be another's next time.
            family.RemoveWhere(id => id != root && !there.Contains(id));
            strangers.IntersectWith(there);
            stop.Token.WaitHandle.WaitOne(Interval);
        }
    }

    private void LookAt(string process, int id, int round)
    {
        if (strangers.Contains(id) && round % 10 != 0)
            return;
        var line = File.ReadAllText($"{process}/cmdline").Replace('\0', ' ');
        // None: it is about to become another program, or has ended.
        if (line.Length == 0)
            return;
        CommandLines.TryAdd(line, true);
        if (strangers.Contains(id) || (!family.Contains(id) && !IsFamily(process, id)))
            return;
        // The link first: between fork and exec it is still the parent, and so is its environment.
        var program = new FileInfo($"{process}/exe").LinkTarget ?? "";
        Environments.TryAdd((Path.GetFileName(program), line, File.ReadAllText($"{process}/environ")), true);
    }

    /// <summary>By its parent, or by a session of the family when that has already ended.</summary>
    private bool IsFamily(string process, int id)
    {
        var stat = File.ReadAllText($"{process}/stat");
        // The name, in brackets, may hold anything.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var (parent, session) = (int.Parse(fields[1], CultureInfo.InvariantCulture), int.Parse(fields[3], CultureInfo.InvariantCulture));
        if (!family.Contains(parent) && !sessions.Contains(session))
        {
            strangers.Add(id);
            return false;
        }

        family.Add(id);
        if (session == id)
            sessions.Add(session);
        return true;
    }

    private void LookAtFiles()
    {
        foreach (var folder in Directory.EnumerateDirectories(temporary))
        {
            Ignoring(() =>
            {
                var secret = Path.Combine(folder, "secret");
                if (File.Exists(secret))
                    SecretFiles.TryAdd(File.ReadAllText(secret), true);
            });
            var log = Path.Combine(folder, "server.log");
            if (File.Exists(log) && !logs.ContainsKey(log))
                Ignoring(() => logs.Add(log, new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)));
        }
    }

    /// <summary>What is looked at may end at any moment.</summary>
    private static void Ignoring(Action look)
    {
        try
        {
            look();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended.
        }
    }
}
