using System.ComponentModel;
using System.Diagnostics;
using TwiBackup.Postgres;

namespace TwiBackup.Scheduling;

/// <summary>This program, to be run again as another process: what one job does to its process harms no other.</summary>
/// <param name="path">The executable.</param>
/// <param name="policyFile">Absolute path of the policy that every run is given.</param>
internal sealed class OwnProgram(string path, string policyFile)
{
    /// <summary>The executable that runs now.</summary>
    public static OwnProgram Find(string policyFile) => new(OwnExecutable.Path, Path.GetFullPath(policyFile));

    /// <summary>Starts it, without a shell. Throws <see cref="TwiBackupException"/> when that fails.</summary>
    /// <param name="onOutput">Hears each line of standard output.</param>
    /// <param name="onError">Hears each line of standard error.</param>
    public OwnProcess Start(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, Action<string> onOutput, Action<string> onError)
    {
        var start = new ProcessStartInfo(path)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(policyFile)!,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.ArgumentList.Add("--policy");
        start.ArgumentList.Add(policyFile);
        start.Environment.Clear();
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        try
        {
            return new OwnProcess(Process.Start(start)!, onOutput, onError);
        }
        catch (Win32Exception e)
        {
            throw new TwiBackupException($"{path} could not be started: {e.Message}. Is it still there, and executable?", e);
        }
    }
}
