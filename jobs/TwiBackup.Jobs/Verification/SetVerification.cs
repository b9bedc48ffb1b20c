using System.Diagnostics;
using TwiBackup.Catalog;

namespace TwiBackup.Verification;

/// <summary>Collects the checks of one set while it is restored into a scratch place, and makes the record of them.</summary>
internal sealed class SetVerification
{
    private readonly List<Check> checks = [];
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private readonly DateTimeOffset started;
    private readonly TimeProvider clock;
    private readonly BackupSet set;

    public SetVerification(BackupSet set, TimeProvider clock)
    {
        (this.set, this.clock, started) = (set, clock, clock.GetUtcNow());
        Add("manifest signature", true, $"set {set.Id}, {set.Manifest.Objects.Count} objects");
    }

    public void Add(string name, bool passed, string detail) => checks.Add(new Check(name, passed, detail));

    /// <summary>Runs one part; content that fails is a failed check and ends the part, not an exception.</summary>
    public async Task<bool> TryAsync(string name, Func<Task<string>> part)
    {
        try
        {
            Add(name, true, await part());
            return true;
        }
        catch (TwiBackupException e) when (e.ExitCode == ExitCode.Failed)
        {
            Add(name, false, e.Message);
            return false;
        }
    }

    /// <summary>The record; proven when everything that was checked passed.</summary>
    public VerificationRecord Record(string target) => new()
    {
        Format = VerificationRecord.CurrentFormat,
        System = set.Manifest.System,
        Id = SetId.Create(clock.GetUtcNow()),
        Kind = set.Kind.Name(),
        SetId = set.Id,
        Proven = checks.TrueForAll(c => c.Passed),
        Failed = checks.Exists(c => !c.Passed),
        StartedAt = started,
        CompletedAt = clock.GetUtcNow(),
        Target = target,
        RestoreSeconds = watch.Elapsed.TotalSeconds,
        Checks = checks,
    };
}
