using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Policy;
using TwiBackup.Progress;

namespace TwiBackup.Verification;

/// <summary>
/// Verifies the newest set of every kind that the policy takes, each whatever became of the others. A kind that was not looked at is told,
/// and never passes.
/// </summary>
/// <param name="store">Stores a record, or does not where nobody can sign it.</param>
public sealed class AllVerifier(
    SetCatalog catalog, IReadOnlyList<KindVerifier> kinds, AllVerifyOptions options, Func<VerificationRecord, CancellationToken, Task> store,
    TimeProvider clock, IProgressReporter progress)
{
    /// <summary>The kinds that a policy takes, in the order in which they are verified: those that most depends on first.</summary>
    public static IReadOnlyList<SetKind> KindsOf(BackupPolicy policy)
    {
        var backups = policy.Backups;
        (SetKind Kind, bool IsTaken)[] kinds =
        [
            (SetKind.Full, policy.Database.Mode == DatabaseMode.Physical && backups.Full is not null),
            (SetKind.Dump, backups.Dump is not null),
            (SetKind.Configuration, backups.Configuration is not null),
            (SetKind.Repository, backups.Repository is not null),
            (SetKind.Logs, backups.Logs is not null),
        ];
        return [.. kinds.Where(pair => pair.IsTaken).Select(pair => pair.Kind)];
    }

    /// <summary>Verifies them all, and stores each record as soon as it is there.</summary>
    /// <exception cref="TwiBackupException">There is no identity, without which nothing can be proven; wrong use.</exception>
    public async Task<IReadOnlyList<KindResult>> RunAsync(CancellationToken cancellationToken)
    {
        if (!options.Structure)
            SetArchive.RequireIdentity(catalog);
        var results = new List<KindResult>();
        foreach (var kind in kinds)
            results.Add(await VerifyAsync(kind, setId: null, cancellationToken));
        if (!options.Random)
            return results;
        foreach (var kind in kinds.Where(kind => kind.Verify is not null || options.Structure))
        {
            if (await PickOlderAsync(kind.Kind, cancellationToken) is { } older)
                results.Add(await VerifyAsync(kind, older, cancellationToken));
        }

        return results;
    }

    private async Task<KindResult> VerifyAsync(KindVerifier kind, string? setId, CancellationToken cancellationToken)
    {
        var name = kind.Kind.Name();
        try
        {
            if (kind.Verify is null && !options.Structure)
                return Result(KindOutcome.NotVerified, "this program can't verify it");
            if (setId is null && await IsAbsentAsync(kind.Kind, cancellationToken))
                return kind.Kind == SetKind.Logs
                    ? Result(KindOutcome.Nothing, "nothing was archived yet")
                    : Result(KindOutcome.NotVerified, $"the store holds none; take one: twibackup backup {(kind.Kind == SetKind.Full ? "database" : name)}");
            progress.Say($"Verifying {name}{(setId is null ? "" : $"/{setId}")}");
            var record = options.Structure
                ? await new StructureVerifier(catalog, clock, progress).RunAsync(kind.Kind, setId, cancellationToken)
                : await kind.Verify!(setId, cancellationToken);
            return await StoreAsync(Result(OutcomeOf(record), DetailOf(record)) with { Record = record }, cancellationToken);
        }
        // Whatever it is, it must not keep the others from being verified.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var what = e is TwiBackupException or IOException or UnauthorizedAccessException ? e.Message : $"unexpected: {e.GetType().Name}: {e.Message}";
            return Result(KindOutcome.NotVerified, what.ReplaceLineEndings(" "));
        }

        KindResult Result(KindOutcome outcome, string detail) => new() { Kind = name, Outcome = outcome, Detail = detail };
    }

    /// <summary>A set that was proven and not recorded is as good as unproven to whoever asks later.</summary>
    private async Task<KindResult> StoreAsync(KindResult result, CancellationToken cancellationToken)
    {
        try
        {
            await store(result.Record!, cancellationToken);
            return result;
        }
        catch (TwiBackupException e)
        {
            return result with { Outcome = KindOutcome.Failed, Detail = $"{result.Detail}, but it could not be recorded: {e.Message}" };
        }
    }

    /// <summary>Whether no set was ever committed; one that is refused or past its time is the verifier's to complain about.</summary>
    private async Task<bool> IsAbsentAsync(SetKind kind, CancellationToken cancellationToken) =>
        (await catalog.ListIdsAsync(kind, cancellationToken)).Count == 0;

    /// <summary>A good set that is not the newest; null: there is none.</summary>
    private async Task<string?> PickOlderAsync(SetKind kind, CancellationToken cancellationToken)
    {
        try
        {
            var sets = (await catalog.ListAsync(kind, cancellationToken)).Sets.Where(set => set.Manifest.KeepUntil > clock.GetUtcNow()).SkipLast(1).ToList();
            return sets.Count == 0 ? null : sets[new Random(options.Seed).Next(sets.Count)].Id;
        }
        catch (TwiBackupException e)
        {
            progress.Warn($"No older {kind.Name()} set could be picked: {e.Message}");
            return null;
        }
    }

    private static KindOutcome OutcomeOf(VerificationRecord record) =>
        record.Failed ? KindOutcome.Failed : record.Proven ? KindOutcome.Proven : KindOutcome.NotProven;

    private static string DetailOf(VerificationRecord record)
    {
        var failed = record.Checks.Where(check => !check.Passed).ToList();
        return failed.Count switch
        {
            0 => record.Target,
            1 => $"{failed[0].Name}: {failed[0].Detail}",
            _ => $"{failed[0].Name}: {failed[0].Detail.TrimEnd('.')}, and {failed.Count - 1} more",
        };
    }
}
