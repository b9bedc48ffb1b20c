using TwiBackup.Scheduling;

namespace TwiBackup.Commands;

/// <summary>
/// Notices that the scheduler that started us is gone, however it ended: our standard input, which it holds open, ends. A receiver that
/// nobody supervises any more would hold the slot for ever.
/// </summary>
internal sealed class ParentWatch : IDisposable
{
    private readonly CancellationTokenSource gone = new();

    private ParentWatch()
    {
        // A read that can't be cancelled: a thread of its own, which ends with the process.
        var thread = new Thread(Read) { IsBackground = true, Name = "parent" };
        thread.Start();
    }

    /// <summary>Cancelled when the parent is gone.</summary>
    public CancellationToken Gone => gone.Token;

    /// <summary>Null: no scheduler started us.</summary>
    public static ParentWatch? Start() => IsSupervised ? new ParentWatch() : null;

    /// <summary>Whether a scheduler started us and tells people how we ended.</summary>
    public static bool IsSupervised => Environment.GetEnvironmentVariable(JobEnvironment.Supervised) == "1";

    // Not disposed of: the thread may cancel it until the process ends.
    public void Dispose() => GC.SuppressFinalize(this);

    private void Read()
    {
        using var input = Console.OpenStandardInput();
        var buffer = new byte[256];
        try
        {
            while (input.Read(buffer) > 0)
                continue;
        }
        catch (IOException)
        {
            // As good as its end.
        }

        gone.Cancel();
    }
}
