using System.Globalization;
using TwiBackup.Database;
using TwiBackup.Postgres;

namespace TwiBackup.Recovery;

/// <summary>What the first line of a journal tells of its recovery: a resumed run must want the same.</summary>
/// <param name="Id">The recovery, named like a set.</param>
/// <param name="System">The system's name.</param>
/// <param name="Store">Where it is recovered from.</param>
/// <param name="Isolated">Whether it is a drill.</param>
/// <param name="Target">Where the database is recovered to.</param>
public sealed record JournalHeader(string Id, string System, string Store, bool Isolated, RecoveryTarget Target)
{
    /// <summary>The only format there is.</summary>
    public const string CurrentFormat = "twibackup-recovery-1";

    internal Dictionary<string, string> ToFacts()
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = CurrentFormat,
            ["id"] = Id,
            ["system"] = System,
            ["store"] = Store,
            ["isolated"] = Isolated ? "yes" : "no",
        };
        Add("at", Target.Time?.ToString("O", CultureInfo.InvariantCulture));
        Add("lsn", Target.Lsn?.ToString());
        Add("name", Target.Name);
        Add("xid", Target.Xid?.ToString(CultureInfo.InvariantCulture));
        Add("beforeXid", Target.BeforeXid?.ToString(CultureInfo.InvariantCulture));
        Add("immediate", Target.Immediate ? "yes" : null);
        Add("timeline", Target.Timeline?.ToString(CultureInfo.InvariantCulture));
        return facts;

        void Add(string name, string? value)
        {
            if (value is not null)
                facts[name] = value;
        }
    }

    /// <summary>Null: the facts are no header's, or of a format of another program version.</summary>
    internal static JournalHeader? FromFacts(IReadOnlyDictionary<string, string>? facts)
    {
        if (facts is null || facts.GetValueOrDefault("format") != CurrentFormat || Catalog.SetId.TryParse(facts.GetValueOrDefault("id"), out _) is false
            || !facts.TryGetValue("system", out var system) || !facts.TryGetValue("store", out var store))
            return null;
        var invariant = CultureInfo.InvariantCulture;
        var target = new RecoveryTarget
        {
            Time = DateTimeOffset.TryParseExact(facts.GetValueOrDefault("at"), "O", invariant, DateTimeStyles.None, out var time) ? time : null,
            Lsn = Lsn.TryParse(facts.GetValueOrDefault("lsn") ?? "", out var lsn) ? lsn : null,
            Name = facts.GetValueOrDefault("name"),
            Xid = ulong.TryParse(facts.GetValueOrDefault("xid"), invariant, out var xid) ? xid : null,
            BeforeXid = ulong.TryParse(facts.GetValueOrDefault("beforeXid"), invariant, out var before) ? before : null,
            Immediate = facts.GetValueOrDefault("immediate") == "yes",
            Timeline = uint.TryParse(facts.GetValueOrDefault("timeline"), invariant, out var timeline) ? timeline : null,
        };
        var header = new JournalHeader(facts["id"], system, store, facts.GetValueOrDefault("isolated") == "yes", target);
        // What can't be read back is not what was written.
        return header.ToFacts().All(f => facts.GetValueOrDefault(f.Key) == f.Value) && facts.Count == header.ToFacts().Count ? header : null;
    }
}
