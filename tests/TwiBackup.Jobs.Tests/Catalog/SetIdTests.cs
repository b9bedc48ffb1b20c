using TwiBackup.Catalog;

namespace TwiBackup.Tests.Catalog;

public sealed class SetIdTests
{
    [Theory]
    [InlineData("20261123T020001Z-0000", "20261123T020000Z-ffff", true)]
    [InlineData("20261123T020000Z-ffff", "20261123T020001Z-0000", false)]
    [InlineData("20261123T020000Z-0000", "20261123T020000Z-ffff", true)]
    [InlineData("20261123T020000Z-ffff", "20261123T020000Z-0000", true)]
    [InlineData("20261123T020000Z-9f3c", "20261123T020000Z-9f3c", false)]
    public void Two_ids_of_one_second_are_in_no_order(string id, string than, bool mayBeNewer) =>
        Assert.Equal(mayBeNewer, SetId.MayBeNewer(id, than));
}
