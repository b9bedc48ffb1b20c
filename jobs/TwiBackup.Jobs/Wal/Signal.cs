namespace TwiBackup.Wal;

/// <summary>A semaphore of at most one as a flag that a waiter takes.</summary>
internal static class Signal
{
    /// <summary>Sets it; nothing happens when it is set.</summary>
    public static void Set(this SemaphoreSlim signal)
    {
        try
        {
            signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // Set already; the waiter has not come yet.
        }
    }
}
