using System.Globalization;
using System.Text.RegularExpressions;

namespace TwiBackup.Tests.Guide;

/// <summary>
/// <c>docs/safety.md</c> says of each invariant and each decision which test classes attack it: none is left out, and the classes exist.
/// The sources are read, because no assembly holds all tests.
/// </summary>
public sealed partial class SafetyPageTests
{
    private const int Invariants = 10;
    private const int Decisions = 38;

    /// <summary>Those behind it are of AWS and of this page's neighbour: their tests are called after what they test.</summary>
    private const int LastDecisionWithAClassOfItsName = 32;

    private static readonly string[][] Rows =
    [
        .. File.ReadLines(Path.Combine(GuideFaultsPageTests.RepositoryRoot(), "docs", "safety.md"))
            .Where(line => NumberedRow().IsMatch(line))
            .Select(line => line.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries)),
    ];

    private static readonly Dictionary<string, string> Classes = Directory
        .EnumerateFiles(Path.Combine(GuideFaultsPageTests.RepositoryRoot(), "tests"), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Split('/').Any(folder => folder is "bin" or "obj"))
        .Select(file => (File: file, Name: ClassName().Match(File.ReadAllText(file)).Groups["name"].Value))
        .Where(found => found.Name.Length > 0)
        .GroupBy(found => found.Name, found => found.File)
        .ToDictionary(found => found.Key, found => string.Concat(found.Select(File.ReadAllText)), StringComparer.Ordinal);

    [Fact]
    public void Each_invariant_and_each_decision_has_its_row_in_order() => Assert.Equal(
        Enumerable.Range(1, Invariants).Select(number => $"I{number}").Concat(Enumerable.Range(1, Decisions).Select(number => $"D{number}")),
        Rows.Select(row => row[0]));

    [Fact]
    public void Each_row_says_what_it_is_and_names_classes_of_tests() => Assert.All(Rows, row =>
    {
        Assert.Equal(3, row.Length);
        Assert.InRange(row[1].Split(' ').Length, 2, 9);
        var named = Named(row).ToList();
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.True(Classes.TryGetValue(name, out var source) && Test().IsMatch(source), $"{row[0]}: {name} is no class with tests."));
        // Nothing but classes: what else stands there would be believed to be one.
        Assert.Empty(Citation().Replace(row[2], "").Replace(",", "", StringComparison.Ordinal).Trim());
    });

    [Fact]
    public void Each_invariant_and_each_decision_of_the_jobs_has_a_class_of_its_name() => Assert.All(
        Rows.Where(row => row[0][0] == 'I' || int.Parse(row[0].AsSpan(1), CultureInfo.InvariantCulture) <= LastDecisionWithAClassOfItsName),
        row =>
        {
            var beginning = $"{(row[0][0] == 'I' ? "Invariant" : "Decision")}{int.Parse(row[0].AsSpan(1), CultureInfo.InvariantCulture):00}_";
            Assert.Contains(Named(row), name => name.StartsWith(beginning, StringComparison.Ordinal));
        });

    [Fact]
    public void A_class_that_is_called_after_an_invariant_or_a_decision_stands_in_its_row()
    {
        var rows = Rows.ToDictionary(row => row[0], row => Named(row).ToHashSet(StringComparer.Ordinal));
        var missing = Classes.Keys
            .Select(name => (Name: name, Match: NumberedClass().Match(name)))
            .Where(c => c.Match.Success)
            .Where(c => !rows[c.Match.Groups["kind"].Value[..1] + int.Parse(c.Match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture)].Contains(c.Name))
            .Select(c => c.Name);
        Assert.Empty(missing);
    }

    private static IEnumerable<string> Named(string[] row) => Citation().Matches(row[2]).Select(found => found.Groups["class"].Value);

    [GeneratedRegex("^[|] *[ID][0-9]+ *[|]")]
    private static partial Regex NumberedRow();

    [GeneratedRegex("`(?<class>[A-Za-z0-9_]+)`")]
    private static partial Regex Citation();

    [GeneratedRegex(@"^public sealed (partial )?class (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex ClassName();

    [GeneratedRegex(@"^\s+\[(Fact|Theory)", RegexOptions.Multiline)]
    private static partial Regex Test();

    [GeneratedRegex("^(?<kind>Invariant|Decision)(?<number>[0-9]{2})_")]
    private static partial Regex NumberedClass();
}
