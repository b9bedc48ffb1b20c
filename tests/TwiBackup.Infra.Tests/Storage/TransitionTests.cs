using TwiBackup.Infra.Storage;

namespace TwiBackup.Infra.Tests.Storage;

public sealed class TransitionTests
{
    [Theory]
    [InlineData(7)]
    [InlineData(33)]
    [InlineData(40)]
    public void What_lives_briefly_stays_where_it_is(int days) => Assert.Null(Transition.For(days));

    [Fact]
    public void What_lives_for_a_year_moves_to_the_cheapest_class_that_is_read_at_once() =>
        Assert.Equal(new Transition(30, "GLACIER_IR", 1 << 20), Transition.For(368));

    [Fact]
    public void No_class_that_must_be_thawed_is_ever_chosen() =>
        Assert.All(Enumerable.Range(1, 4000).Select(Transition.For).OfType<Transition>(), move =>
            Assert.Contains(move.StorageClass, new[] { "STANDARD_IA", "GLACIER_IR" }));

    [Fact]
    public void Once_a_move_saves_money_a_longer_life_saves_too()
    {
        var first = Enumerable.Range(1, 400).First(days => Transition.For(days) is not null);
        Assert.InRange(first, 60, 120);
        Assert.All(Enumerable.Range(first, 1000), days => Assert.NotNull(Transition.For(days)));
    }
}
