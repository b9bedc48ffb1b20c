namespace TwiBackup.Rehearsal;

/// <summary>What an attack did, and what the store did not let it do.</summary>
internal sealed class AttackTally
{
    private readonly Dictionary<Deed, (int Done, int Refused)> counts = Enum.GetValues<Deed>().ToDictionary(d => d, _ => (0, 0));

    /// <summary>How often a deed was done, and how often refused.</summary>
    public (int Done, int Refused) Of(Deed deed) => counts[deed];

    /// <summary>Tries one and counts it.</summary>
    public async Task TryAsync(Deed deed, Func<Task> attempt)
    {
        var (done, refused) = counts[deed];
        try
        {
            await attempt();
            counts[deed] = (done + 1, refused);
        }
        catch (TwiBackupException)
        {
            counts[deed] = (done, refused + 1);
        }
    }

    /// <summary>One line for people.</summary>
    public override string ToString() => string.Join("; ", (string[])
    [
        Text("planted", Deed.Plant), Text("overwrote", Deed.Overwrite), Text("deleted", Deed.Delete), Text("destroyed for good", Deed.Destroy),
    ]);

    private string Text(string word, Deed deed)
    {
        var (done, refused) = counts[deed];
        return refused == 0 ? $"{word} {done}" : done == 0 ? $"{word} none ({refused} refused)" : $"{word} {done} ({refused} refused)";
    }
}
