using TwiBackup.Stores;

namespace TwiBackup.Tests.Stores;

public sealed class S3PartsTests
{
    private const int First = 16 << 20;
    private const long MiB = 1L << 20;
    private const long GiB = 1L << 30;

    [Fact]
    public void Five_tebibytes_fit_into_ten_thousand_parts() =>
        Assert.True(Enumerable.Range(1, S3Parts.MaxParts).Sum(number => S3Parts.SizeOf(number, First)) >= 5L << 40);

    [Fact]
    public void No_part_is_larger_than_S3_takes() => Assert.InRange(S3Parts.SizeOf(S3Parts.MaxParts, First), First, 5 * GiB);

    [Fact]
    public void Memory_stays_below_256_MiB_up_to_580_GiB_and_below_100_MiB_up_to_56_GiB()
    {
        long sent = 0;
        for (var number = 1; sent < 580 * GiB; number++)
        {
            var size = S3Parts.SizeOf(number, First);
            var memory = size * (1 + S3Parts.InFlight(size, 4));
            Assert.InRange(memory, 0, sent < 56 * GiB ? 100 * MiB : 256 * MiB);
            sent += size;
        }
    }

    [Fact]
    public void The_first_parts_overlap_as_wanted()
    {
        Assert.Equal(4, S3Parts.InFlight(First, 4));
        Assert.Equal(1, S3Parts.InFlight(First, 1));
        Assert.Equal(First, S3Parts.SizeOf(1, First));
        Assert.Equal(First, S3Parts.SizeOf(1_200, First));
        Assert.Equal(2 * First, S3Parts.SizeOf(1_201, First));
    }
}
