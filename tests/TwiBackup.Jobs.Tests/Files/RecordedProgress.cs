using System.Collections.Concurrent;
using TwiBackup.Progress;

namespace TwiBackup.Tests.Files;

/// <summary>Remembers what was said.</summary>
internal sealed class RecordedProgress : IProgressReporter
{
    private readonly ConcurrentQueue<string> said = [], warned = [];

    public IReadOnlyCollection<string> Said => said;

    public IReadOnlyCollection<string> Warned => warned;

    /// <summary>Called with the name of each stage that begins.</summary>
    public Action<string> OnStage { get; set; } = _ => { };

    public void Stage(string name, long? totalBytes = null) => OnStage(name);

    public void Advance(long bytes)
    {
    }

    public void Say(string line) => said.Enqueue(line);

    public void Warn(string line) => warned.Enqueue(line);
}
