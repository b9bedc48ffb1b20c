namespace TwiBackup.Sealing;

/// <summary>How a plaintext is compressed before it is encrypted.</summary>
/// <param name="Level">zstd level, 1 to 19. 3 stores no more than level 4 and is the fastest that stores no more than pgBackRest.</param>
/// <param name="Workers">Threads that compress frames at once, 1 to 64.</param>
/// <param name="FrameSize">Plaintext bytes of one independent zstd frame, 1 to 64 MiB (any zstd inflates that without options).</param>
/// <param name="HashPlaintext">Whether SHA-256 of the plaintext is computed on the way.</param>
public sealed record SealOptions(int Level = 3, int Workers = 1, int FrameSize = 8 << 20, bool HashPlaintext = true)
{
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Level, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Level, 19);
        ArgumentOutOfRangeException.ThrowIfLessThan(Workers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Workers, 64);
        ArgumentOutOfRangeException.ThrowIfLessThan(FrameSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(FrameSize, 64 << 20);
    }
}
