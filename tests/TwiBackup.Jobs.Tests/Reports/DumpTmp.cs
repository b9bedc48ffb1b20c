using TwiBackup.Reports;
namespace TwiBackup.Tests.Reports;
public sealed class DumpTmp
{
    [Fact]
    public void Dump()
    {
        void W(string n, string h) => File.WriteAllText($"/tmp/shots/{n}.html", h);
        W("good", SystemPage.Render(SampleReports.Good()));
        W("broken", SystemPage.Render(SampleReports.Broken()));
        W("empty", SystemPage.Render(SampleReports.Empty()));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        W("thousands", SystemPage.Render(SampleReports.Thousands()));
        Console.WriteLine(watch.Elapsed);
        W("rehearsal", RehearsalPage.Render([SampleReports.Rehearsed("lost-host", SampleReports.Now, 0.24, 6.25)]));
        W("rehearsals", RehearsalPage.Render([.. ((string[])["lost-host","lost-database","bad-migration","lost-region"]).Select(s => SampleReports.Rehearsed(s, SampleReports.Now, 0.24, 6.25)), SampleReports.Broken().Rehearsals[^1]]));
    }
}
