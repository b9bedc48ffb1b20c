namespace TwiBackup.Sealing;

/// <summary>A piece of the plaintext on its way to an independent zstd frame.</summary>
internal sealed class Frame(byte[] plain, int plainLength)
{
    /// <summary>Taken back by who compressed it.</summary>
    public byte[] Plain { get; } = plain;

    public int PlainLength { get; } = plainLength;

    /// <summary>The compressed bytes, once they are there; or what went wrong. Whoever waits goes on on another thread.</summary>
    public TaskCompletionSource<ArraySegment<byte>> Packed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
