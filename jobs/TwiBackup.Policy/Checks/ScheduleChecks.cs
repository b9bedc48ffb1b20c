namespace TwiBackup.Policy.Checks;

/// <summary>Do the schedules ever run?</summary>
internal static class ScheduleChecks
{
    public static void Run(Rhythm rhythm, Findings findings)
    {
        foreach (var (path, schedule) in rhythm.Schedules)
        {
            if (schedule.NeverFires(rhythm.Now))
                findings.Error($"{path}.schedule", $"\"{schedule}\" never fires: its month has no such day; write a day that exists");
        }
    }
}
