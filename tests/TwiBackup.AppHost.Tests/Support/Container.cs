using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.AppHost.Tests.Support;

/// <summary>
/// What a container of the image would run, run here: the image's start (jobs/entrypoint) with the arguments and the environment that the
/// model gives, the image's own variables, and nothing else.
/// </summary>
internal sealed class Container : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    /// <summary>Where the program lies: the native one where it was built, else as it was built for us (not beside us: some of what it needs
    /// comes with the framework of the application there).</summary>
    private static readonly string Program = Environment.GetEnvironmentVariable("TWIBACKUP_NATIVE") is { Length: > 0 } native
        ? Path.GetDirectoryName(native)!
        : Path.Combine([Repository.Root, "jobs", "TwiBackup.Jobs", .. AppContext.BaseDirectory.TrimEnd('/').Split('/')[^3..]]);

    private readonly Process process;
    private readonly ConcurrentQueue<string> lines = new();

    private Container(Process process) => this.process = process;

    public string Log => string.Join('\n', lines);

    public static async Task<Container> StartAsync(Model model, string name, string workFolder, Func<string, string>? argument = null)
    {
        var (environment, arguments) = await model.ConfigurationOfAsync(name);
        return Start(Repository.PathOf("jobs", "entrypoint"), arguments.Select(argument ?? (a => a)), environment, workFolder);
    }

    /// <summary>A script with the environment of a container.</summary>
    public static Container Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string workFolder)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = workFolder };
        start.Environment.Clear();
        // Those of jobs/Dockerfile.
        foreach (var variable in (string[])["HOME", "TMPDIR", "TWIBACKUP_STATE"])
            start.Environment[variable] = workFolder;
        start.Environment["TWIBACKUP_POLICY"] = Path.Combine(workFolder, "twibackup.json");
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment["PATH"] = $"{Program}:{TestEnvironment.Installation.BinDirectory}:/usr/local/bin:/usr/bin:/bin";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var container = new Container(Process.Start(start)!);
        container.process.OutputDataReceived += (_, line) => container.Hear(line.Data);
        container.process.ErrorDataReceived += (_, line) => container.Hear(line.Data);
        container.process.BeginOutputReadLine();
        container.process.BeginErrorReadLine();
        return container;
    }

    /// <summary>Runs to its end.</summary>
    public async Task<(int ExitCode, string Log)> EndAsync()
    {
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        return (process.ExitCode, Log);
    }

    public async Task UntilAsync(Func<Task<bool>> isSo)
    {
        var watch = Stopwatch.StartNew();
        while (!await isSo())
        {
            Assert.False(process.HasExited, Log);
            Assert.True(watch.Elapsed < Patience, Log);
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public Task UntilAsync(string said) => UntilAsync(() => Task.FromResult(Log.Contains(said, StringComparison.Ordinal)));

    /// <summary>As a container engine stops one.</summary>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (await EndAsync()).ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    private void Hear(string? line)
    {
        if (!string.IsNullOrEmpty(line))
            lines.Enqueue(line);
    }
}
