namespace TwiBackup.Stores;

/// <summary>
/// How large the parts of an upload are. S3 takes 10,000 of at most 5 GiB. Parts begin small and double every 1,200, so that 5 TiB fit
/// while objects of up to 18 GiB need no more than their first parts' size. Memory: five parts of 16 MiB at first, at most 128 MiB up to
/// 281 GiB and 256 MiB up to 581 GiB; beyond that one part, which must be held to be sent again.
/// </summary>
internal static class S3Parts
{
    public const int MaxParts = 10_000;

    private const int PartsPerSize = 1_200;
    private const long OverlapBudget = 64L << 20;
    private const long MaxPart = 5L << 30;

    /// <summary>Bytes of the part with this number, from 1.</summary>
    public static long SizeOf(int number, int firstSize) => Math.Min(MaxPart, (long)firstSize << ((number - 1) / PartsPerSize));

    /// <summary>How many parts of that size may be under way while the next is filled; with 0 the writer waits for each.</summary>
    public static int InFlight(long size, int wanted) => (int)Math.Min(wanted, OverlapBudget / size);
}
