using System.Globalization;

namespace TwiBackup.Tests.Attacks;

/// <summary>
/// Counts what was done to break a promise that held: said in the test's output and, with <c>TWIBACKUP_TEST_TALLY</c>, appended to that
/// file, from which <c>tests/tally</c> makes the table of docs/safety.md. Called last in a test: what did not hold is not counted.
/// </summary>
internal static class Tally
{
    private static readonly Lock Gate = new();

    /// <summary>Whether there is time for many more of everything.</summary>
    public static bool IsLong => Environment.GetEnvironmentVariable("TWIBACKUP_TEST_LONG") == "1";

    /// <summary>The few of every run, or the many of <c>./test --long</c>.</summary>
    public static int Rounds(int few, int many) => IsLong ? many : few;

    /// <summary>The seed of a test's chances: of its own, or the one to repeat (<c>TWIBACKUP_TEST_SEED</c>).</summary>
    public static int Seed()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("TWIBACKUP_TEST_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given)
            ? given
            : Random.Shared.Next(1_000_000);
        TestContext.Current.TestOutputHelper?.WriteLine($"TWIBACKUP_TEST_SEED={seed}");
        return seed;
    }

    /// <param name="attack">What was attacked and how: one row of the table.</param>
    /// <param name="counts">How much of what, e.g. <c>(12, "kills")</c>.</param>
    public static void Add(string attack, params (int Count, string Unit)[] counts)
    {
        var file = Environment.GetEnvironmentVariable("TWIBACKUP_TEST_TALLY");
        foreach (var (count, unit) in counts)
        {
            var name = TestContext.Current.TestClass?.TestClassName.Split('.')[^1] ?? "";
            TestContext.Current.TestOutputHelper?.WriteLine($"{attack}: {count} {unit}");
            if (string.IsNullOrEmpty(file))
                continue;
            lock (Gate)
                File.AppendAllText(file, string.Create(CultureInfo.InvariantCulture, $"{name}\t{attack}\t{count}\t{unit}\n"));
        }
    }
}
