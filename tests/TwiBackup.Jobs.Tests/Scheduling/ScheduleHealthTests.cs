using TwiBackup.Tests.Sealing;
using TwiBackup.Scheduling;

namespace TwiBackup.Tests.Scheduling;

public sealed class ScheduleHealthTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 3, 0, 0, TimeSpan.Zero);

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void One_that_works_and_receives_WAL_is_well()
    {
        var health = Health(Now) with { LagBytes = 2048, Running = ["backup database"] };
        Assert.Null(health.ProblemAt(Now + TimeSpan.FromSeconds(30)));
        Assert.Equal("twi: WAL is received, 2.05 kB behind; running: backup database", health.ToString());
    }

    [Fact]
    public void One_that_no_longer_shows_itself_is_ill() =>
        Assert.Contains("hangs or is gone", Health(Now).ProblemAt(Now + ScheduleHealth.Oldest + TimeSpan.FromSeconds(1)), StringComparison.Ordinal);

    [Fact]
    public void One_that_shows_itself_and_looks_for_no_jobs_is_ill()
    {
        var health = Health(Now) with { LookedAt = Now - ScheduleHealth.OldestLook - TimeSpan.FromSeconds(1) };
        Assert.Contains("has not looked for jobs", health.ProblemAt(Now), StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_receives_no_WAL_is_ill_once_a_restart_of_the_server_would_be_over()
    {
        var health = Health(Now) with { NoWalSince = Now - ScheduleHealth.Grace };
        Assert.Null(health.ProblemAt(Now));
        Assert.Contains("no WAL of twi is received for 2 min 1 s", health.ProblemAt(Now + TimeSpan.FromSeconds(1)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_is_read_by_the_owner_alone_and_the_newest_counts()
    {
        (Health(Now) with { System = "renamed-since", At = Now - TimeSpan.FromDays(1) }).Write(folder.Path);
        Health(Now).Write(folder.Path);
        File.WriteAllText(folder.File("schedule-damaged.health.json"), "{");

        Assert.Equal("twi", ScheduleHealth.Read(folder.Path)!.System);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File("schedule-twi.health.json")));
        Assert.Equal(3, Directory.GetFiles(folder.Path).Length);
    }

    [Fact]
    public void Where_none_runs_nothing_is_said()
    {
        Health(Now).Write(folder.Path);
        ScheduleHealth.Remove(folder.Path, "twi");
        Assert.Null(ScheduleHealth.Read(folder.Path));
        Assert.Null(ScheduleHealth.Read(folder.File("not there")));
    }

    private static ScheduleHealth Health(DateTimeOffset at) => new() { System = "twi", At = at, LookedAt = at };
}
