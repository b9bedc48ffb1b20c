using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace TwiBackup.Tests.Guide;

/// <summary><c>docs/guide-faults.md</c> answers all 36 faults, and names tests that exist: the page can't rot.</summary>
public sealed partial class GuideFaultsPageTests
{
    private const int Faults = 36;

    private static readonly string[][] Rows =
    [
        .. File.ReadLines(Path.Combine(RepositoryRoot(), "docs", "guide-faults.md"))
            .Where(line => NumberedRow().IsMatch(line))
            .Select(line => line.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries)),
    ];

    [Fact]
    public void Every_fault_has_its_row_in_order() =>
        Assert.Equal(
            Enumerable.Range(1, Faults).Select(number => number.ToString(CultureInfo.InvariantCulture)), Rows.Select(row => row[0]));

    [Fact]
    public void Every_row_says_the_fault_what_is_done_instead_and_a_test() => Assert.All(Rows, row =>
    {
        Assert.Equal(4, row.Length);
        Assert.All(row[1..], cell => Assert.NotEmpty(cell));
        Assert.Equal(row[1..], row[1..].Distinct());
        Assert.NotEmpty(TestsOf(row));
        // Nothing but tests: what else stands there would be believed to be one.
        Assert.Empty(Citation().Replace(row[3], "").Replace(",", "", StringComparison.Ordinal).Trim());
    });

    [Fact]
    public void Every_test_that_is_named_is_one()
    {
        var known = typeof(GuideFaultsPageTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance)
                .Where(method => method.GetCustomAttributes<FactAttribute>().Any(fact => fact.Skip is null))
                .Select(method => $"{type.Name}.{method.Name}"))
            .ToHashSet(StringComparer.Ordinal);
        Assert.Contains($"{nameof(GuideFaultsPageTests)}.{nameof(Every_test_that_is_named_is_one)}", known);
        var unknown = Rows.SelectMany(row => TestsOf(row).Where(test => !known.Contains(test)).Select(test => $"{row[0]}: {test}")).ToList();
        Assert.True(unknown.Count == 0, string.Join(", ", unknown));
    }

    private static IEnumerable<string> TestsOf(string[] row) => Citation().Matches(row[3]).Select(found => found.Groups["test"].Value);

    internal static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "TwiBackup.Infra.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        return folder.FullName;
    }

    [GeneratedRegex(@"^\| *[0-9]+ *\|")]
    private static partial Regex NumberedRow();

    [GeneratedRegex("`(?<test>[A-Za-z0-9_]+\\.[A-Za-z0-9_]+)`")]
    private static partial Regex Citation();
}
