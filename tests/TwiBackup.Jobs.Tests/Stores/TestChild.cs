using System.Diagnostics;
using System.Reflection;

namespace TwiBackup.Tests.Stores;

/// <summary>
/// A process of a test's own, to be killed: this test program itself, which runs a static method in place of the tests.
/// </summary>
public sealed class TestChild : IDisposable
{
    private const string Variable = "TWIBACKUP_TEST_CHILD";
    private const string ArgumentsVariable = "TWIBACKUP_TEST_CHILD_ARGUMENTS";

    private readonly Process _process;

    private TestChild(Process process) => _process = process;

    /// <summary>What the child writes.</summary>
    public StreamReader Output => _process.StandardOutput;

    /// <summary>Runs <c>static Task method(string[] arguments)</c> of a test class in a new process.</summary>
    public static TestChild Start(Func<string[], Task> method, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardInput = true };
        start.Environment[Variable] = $"{method.Method.DeclaringType!.FullName}|{method.Method.Name}";
        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(TestChild).Assembly.Location;
        start.Environment[ArgumentsVariable] = string.Join('\n', arguments);
        return new TestChild(Process.Start(start)!);
    }

    /// <summary><c>kill -9</c>, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    /// <summary>In the child, in place of the test runner's own <c>Main</c>.</summary>
    internal static void RunAndExit()
    {
        var (type, name) = Environment.GetEnvironmentVariable(Variable)!.Split('|') is [var first, var second] ? (first, second) : default;
        var method = typeof(TestChild).Assembly.GetType(type)!
            .GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)!;
        var arguments = Environment.GetEnvironmentVariable(ArgumentsVariable)!.Split('\n');
        method.CreateDelegate<Func<string[], Task>>()(arguments).GetAwaiter().GetResult();
        Environment.Exit(0);
    }
}
