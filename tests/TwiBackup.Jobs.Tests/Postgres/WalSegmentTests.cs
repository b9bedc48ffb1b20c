using TwiBackup.Postgres;

namespace TwiBackup.Tests.Postgres;

public sealed class WalSegmentTests
{
    private const int _mega = 1024 * 1024;

    [Theory]
    [InlineData("0/1000000", 1u, 16, "000000010000000000000001")]
    [InlineData("A/FE000028", 1u, 16, "000000010000000A000000FE")]
    [InlineData("0/FFFFFFFF", 2u, 16, "0000000200000000000000FF")]
    [InlineData("1/0", 2u, 16, "000000020000000100000000")]
    [InlineData("1/0", 0x1Fu, 1, "0000001F0000000100000000")]
    [InlineData("0/FFFFFFFF", 1u, 1, "000000010000000000000FFF")]
    [InlineData("5/C0000000", 1u, 1024, "000000010000000500000003")]
    public void A_position_lies_in_the_segment_PostgreSQL_names(string position, uint timeline, int megabytes, string name)
    {
        var lsn = Lsn.Parse(position);
        var segment = WalSegment.Containing(lsn, timeline, megabytes * _mega);
        Assert.Equal(name, segment.Name);
        Assert.True(segment.Start <= lsn && lsn < segment.End);
        Assert.Equal((ulong)megabytes * _mega, segment.End - segment.Start);
        Assert.Equal(segment.End, segment.Next.Start);
        Assert.True(WalSegment.TryParse(name, megabytes * _mega, out var parsed));
        Assert.Equal(segment, parsed);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00000001000000000000000")]
    [InlineData("0000000100000000000000001")]
    [InlineData("00000001000000000000000a")]
    [InlineData("00000001000000000000000G")]
    [InlineData("000000000000000000000001")]
    [InlineData("000000010000000000000100")]
    public void What_is_no_segment_of_16_MiB_is_refused(string? name) => Assert.False(WalSegment.TryParse(name, 16 * _mega, out _));

    [Fact]
    public async Task The_server_names_them_alike()
    {
        await using var postgres = await TestPostgres.StartAsync(new InitOptions { WalSegmentSizeMb = 64 });
        foreach (var position in new[] { "0/1", "3/4000001", "7F/FFFFFFFF", "FFFF/0" })
        {
            var name = await postgres.ScalarAsync($"SELECT pg_walfile_name('{(Lsn.Parse(position) + 1)}')");
            Assert.Equal(name, WalSegment.Containing(Lsn.Parse(position), 1, 64 * _mega).Name);
        }
    }
}
