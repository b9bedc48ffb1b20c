using System.Diagnostics;
using TwiBackup.Postgres;
using TwiBackup.Scheduling;

namespace TwiBackup.Rehearsal.Local;

/// <summary>
/// This program once more, as a process of its own: what a disaster kills must be one. Its output goes to a log. Its standard input ends
/// when we do, and it with that.
/// </summary>
internal sealed class LocalProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly string log;

    private LocalProcess(Process process, string log) => (this.process, this.log) = (process, log);

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    /// <summary>The last line of its log that is for people; in between it says in JSON how it stands.</summary>
    public string LastLine => File.Exists(log) ? File.ReadLines(log).LastOrDefault(l => l.Length > 0 && !l.StartsWith('{')) ?? "(nothing)" : "(no log)";

    /// <param name="program">The executable; null: the one that runs.</param>
    /// <param name="arguments">Never a secret.</param>
    /// <param name="variables">What it gets beside what is the machine's; secrets among it. Others of this process are not passed on.</param>
    /// <param name="log">The file that its output is added to.</param>
    public static LocalProcess Start(string? program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> variables, string log)
    {
        var self = program ?? OwnExecutable.Path;
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, WorkingDirectory = Path.GetDirectoryName(log), RedirectStandardInput = true };
        foreach (var word in (string[])["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", log, self])
            start.ArgumentList.Add(word);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var name in start.Environment.Keys.Where(name => !JobEnvironment.IsOfMachine(name)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        start.Environment[JobEnvironment.Supervised] = "1";
        return new LocalProcess(Process.Start(start) ?? throw new TwiBackupException($"{self} could not be started."), log);
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        if (!process.HasExited)
            process.Kill();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }
}
