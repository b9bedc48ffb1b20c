using TwiBackup.Policy;

namespace TwiBackup.Rehearsal;

/// <summary>The objectives of the bot's backup and recovery guide, for who has no policy yet.</summary>
public static class GuideObjectives
{
    public static readonly ObjectivesPolicy All = new()
    {
        Bot = new Objective(Rto: TimeSpan.FromHours(1)),
        Database = new Objective(TimeSpan.FromHours(1), TimeSpan.FromHours(2)),
        Configuration = new Objective(Rpo: TimeSpan.FromHours(24)),
        Repository = new Objective(Rpo: TimeSpan.FromDays(7)),
        System = new Objective(Rto: TimeSpan.FromHours(4)),
        Replica = new Objective(Rpo: TimeSpan.FromHours(1)),
    };
}
