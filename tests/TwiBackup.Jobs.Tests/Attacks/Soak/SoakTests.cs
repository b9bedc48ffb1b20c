using System.Diagnostics;
using System.Globalization;

namespace TwiBackup.Tests.Attacks.Soak;

/// <summary>
/// What nobody thought of. Half a minute in every run, ten in <c>./test --long</c>, any time by <c>tests/soak/run --seed N --minutes M</c>. Lives follow each
/// other, each with the next seed, which it says: a life that failed is lived again by giving its seed.
/// </summary>
public sealed class SoakTests
{
    private static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Nothing_that_was_acknowledged_is_lost_and_every_set_can_be_restored_whatever_happens()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("TWIBACKUP_SOAK_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given)
            ? given
            : Random.Shared.Next(1_000_000);
        var minutes = double.TryParse(Environment.GetEnvironmentVariable("TWIBACKUP_SOAK_MINUTES"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var asked)
            ? asked
            : Tally.IsLong ? 10 : 0.5;
        var total = TimeSpan.FromMinutes(minutes);
        var watch = Stopwatch.StartNew();
        var (faults, jobs, sets, heartbeats, lives) = (0, 0, 0, 0, 0);
        var loss = TimeSpan.Zero;
        do
        {
            Say($"soak: tests/soak/run --seed {seed} --minutes {Math.Min(minutes, LongestLife.TotalMinutes).ToString(CultureInfo.InvariantCulture)}");
            var life = new SoakRun(seed++, total < LongestLife ? total : LongestLife, Say);
            await life.RunAsync();
            (faults, jobs, sets, heartbeats, lives) = (faults + life.Faults, jobs + life.Jobs, sets + life.Sets, heartbeats + life.Heartbeats, lives + 1);
            loss = life.Loss > loss ? life.Loss : loss;
        }
        while (watch.Elapsed < total);

        Tally.Add(
            "soak: a writing bot, all jobs, faults by chance", (lives, "lives"), ((int)watch.Elapsed.TotalSeconds, "seconds"), (faults, "faults"), (jobs, "jobs run"),
            (sets, "sets restored"), (heartbeats, "acknowledged heartbeats"), ((int)loss.TotalMilliseconds, "ms lost at most"));
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
