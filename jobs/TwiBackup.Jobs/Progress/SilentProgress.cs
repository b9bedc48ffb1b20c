namespace TwiBackup.Progress;

/// <summary>Nobody watches.</summary>
public sealed class SilentProgress : IProgressReporter
{
    public static readonly SilentProgress Instance = new();

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
    }
}
