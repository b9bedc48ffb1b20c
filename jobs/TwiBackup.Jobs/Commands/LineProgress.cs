using TwiBackup.Progress;

namespace TwiBackup.Commands;

/// <summary>A line a message, for logs and whatever is no terminal. Stages are lines, bytes are not shown.</summary>
internal sealed class LineProgress(TextWriter output) : IProgressReporter
{
    private readonly Lock gate = new();

    public void Stage(string name, long? totalBytes = null) => Write(totalBytes is { } total ? $"{name} ({Sizes.Text(total)})" : name);

    public void Advance(long bytes)
    {
    }

    public void Say(string line) => Write(line);

    public void Warn(string line) => Write("warning: " + line);

    private void Write(string line)
    {
        lock (gate)
            output.WriteLine(line);
    }
}
