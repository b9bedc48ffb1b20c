using System.Text.RegularExpressions;
using TwiBackup.AppHost.Tests.Support;
using TwiBackup.Postgres;

namespace TwiBackup.AppHost.Tests;

/// <summary>What jobs/Dockerfile says agrees with the program.</summary>
public sealed partial class ImageTests
{
    private static readonly string Dockerfile = File.ReadAllText(Repository.PathOf("jobs", "Dockerfile"));

    [Fact]
    public void Its_versions_of_PostgreSQL_are_worked_with_up_to_the_newest()
    {
        var majors = Argument("PG_MAJORS").Split(' ').Select(int.Parse).ToList();
        Assert.Equal(PostgresInstallation.NewestMajor, majors.Max());
        Assert.True(majors.Min() >= PostgresInstallation.OldestMajor);
        Assert.Equal(majors.Count, majors.Max() - majors.Min() + 1);
    }

    [Fact]
    public void It_says_the_projects_version() =>
        Assert.Equal(Regex.Match(File.ReadAllText(Repository.PathOf("Directory.Build.props")), "<Version>(.*)</Version>").Groups[1].Value, Argument("VERSION"));

    [Fact]
    public void It_starts_as_an_ordinary_user_and_asks_the_scheduler_for_its_health()
    {
        Assert.Contains("\nUSER 10001:10001\n", Dockerfile, StringComparison.Ordinal);
        var health = HealthCommand().Match(Dockerfile).Groups[1].Value.Split("\", \"");
        Assert.Empty(Commands.Program.CreateRoot().Parse(health[1..]).Errors);
    }

    [Fact]
    public void Its_bases_are_pinned()
    {
        Assert.Matches(@"^mcr\.microsoft\.com/dotnet/sdk:10\.0\.\d+-noble-aot$", Argument("SDK"));
        Assert.Matches(@"^docker\.io/library/debian:trixie-\d{8}-slim$", Argument("BASE"));
    }

    private static string Argument(string name) => Regex.Match(Dockerfile, $"^ARG {name}=\"?([^\"\n]*)\"?$", RegexOptions.Multiline).Groups[1].Value;

    [GeneratedRegex("HEALTHCHECK .*CMD \\[\"(.*)\"\\]")]
    private static partial Regex HealthCommand();
}
