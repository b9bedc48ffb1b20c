using TwiBackup.Progress;

namespace TwiBackup.Tests.Catalog;

/// <summary>Keeps what was warned of.</summary>
internal sealed class Warnings : IProgressReporter
{
    public List<string> Lines { get; } = [];

    public void Stage(string name, long? totalBytes = null)
    {
    }

    public void Advance(long bytes)
    {
    }

    public void Say(string line)
    {
    }

    public void Warn(string line)
    {
        lock (Lines)
            Lines.Add(line);
    }
}
