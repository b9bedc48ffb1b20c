namespace TwiBackup.Progress;

/// <summary>
/// What a running operation tells whoever watches it. Implementations are thread safe and never throw;
/// an operation works the same when nobody watches (<see cref="SilentProgress"/>).
/// </summary>
public interface IProgressReporter
{
    /// <summary>A stage begins, e.g. "base backup". <paramref name="totalBytes"/> is null when unknown.</summary>
    void Stage(string name, long? totalBytes = null);

    /// <summary><paramref name="bytes"/> more bytes of the current stage are done.</summary>
    void Advance(long bytes);

    /// <summary>One line worth reading.</summary>
    void Say(string line);

    /// <summary>One line that a person should act on, though the operation goes on.</summary>
    void Warn(string line);
}
