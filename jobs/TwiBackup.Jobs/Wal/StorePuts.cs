namespace TwiBackup.Wal;

/// <summary>Puts that are tried until they succeed, since the server keeps what is not stored. That the store is out is said.</summary>
internal sealed class StorePuts(OutageVoice voice, TimeProvider time)
{
    private static readonly TimeSpan _first = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(5);

    /// <summary>False when <paramref name="obsolete"/> said, after a failure, that nobody needs it any more.</summary>
    /// <exception cref="OperationCanceledException">By <paramref name="cancellationToken"/> only: what gives up by itself has failed.</exception>
    public async Task<bool> KeepTryingAsync(Func<CancellationToken, Task> put, Func<bool>? obsolete, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_first, _longest);
        while (!await TryAsync(put, cancellationToken))
        {
            if (obsolete is not null && obsolete())
                return false;
            await Task.Delay(backoff.Next(), time, cancellationToken);
        }

        return true;
    }

    /// <summary>Once; false when it failed, which was said.</summary>
    public async Task<bool> TryAsync(Func<CancellationToken, Task> put, CancellationToken cancellationToken)
    {
        try
        {
            await put(cancellationToken);
            voice.Worked();
            return true;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            voice.Failed(failure);
            return false;
        }
    }
}
