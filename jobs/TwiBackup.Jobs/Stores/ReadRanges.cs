namespace TwiBackup.Stores;

internal static class ReadRanges
{
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public static void Check(ReadRange? range)
    {
        if (range is not { } asked)
            return;
        ArgumentOutOfRangeException.ThrowIfNegative(asked.Offset, nameof(range));
        ArgumentOutOfRangeException.ThrowIfNegative(asked.Length ?? 0, nameof(range));
    }
}
