using System.Diagnostics;
using TwiBackup.Tests.Invariants;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>SIGKILL to a rehearsal, which has a server, a receiver and a bot as processes of their own, and a whole system on disk.</summary>
public sealed class Decision30_A_killed_rehearsal_leaves_nothing_behind
{
    [Fact]
    public async Task Its_processes_end_with_it_and_the_next_one_removes_its_folder()
    {
        var random = new Random(Tally.Seed());
        var temporary = Directory.CreateTempSubdirectory("twi-rehearsals-");
        // The server's account passes through to what is its own.
        File.SetUnixFileMode(temporary.FullName, (UnixFileMode)0b111_001_001);
        try
        {
            var kills = 0;
            foreach (var (from, to) in ((int, int)[])[(500, 2500), (2000, 4500), .. Enumerable.Repeat((500, 15_000), Tally.Rounds(0, 10))])
            {
                var start = new ProcessStartInfo(CommandLine.Fastest, ["rehearse", "--size", "20MB", "--kills", "1"])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                };
                start.Environment["TMPDIR"] = temporary.FullName;
                var earlier = temporary.GetDirectories("twibackup-scratch-*").Select(d => d.Name).ToList();
                var (killed, outcome) = await Victim.KillAsync(Process.Start(start)!, Victim.Clock(), random.Next(from, to));
                Assert.True(killed || outcome.ExitCode == 0, $"it failed by itself: {outcome.Reason}");
                kills += killed ? 1 : 0;
                await LeftOvers.WaitUntilNoneAsync(temporary.FullName);
                var now = temporary.GetDirectories("twibackup-scratch-*").Select(d => d.Name).ToList();
                // A kill before it had a folder of its own leaves those of the one before.
                Assert.True(now.Count <= 1, string.Join(" ", now));
                Assert.True(earlier.Count == 0 || now.Count == 0 || now[0] != earlier[0] || from == 500);
            }

            Assert.True(kills >= 2, $"only {kills} were killed");
            Tally.Add("rehearsal: SIGKILL by time", (kills, "kills"));
        }
        finally
        {
            temporary.Delete(recursive: true);
        }
    }
}
