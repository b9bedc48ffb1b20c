using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Policy;
using TwiBackup.Sealing;

namespace TwiBackup.Verification.Live;

/// <summary>
/// Whether the configuration that is in use is the one that was backed up: by the keyed hashes of the newest set's manifest, which tell
/// same from different and show nothing.
/// </summary>
internal sealed class ConfigurationChecks(ConfigurationPolicy policy, NewestSets sets, SigningKey? key)
{
    private const int Shown = 10;

    public IEnumerable<SystemCheck> All()
    {
        yield return new("configuration/as-backed-up", CompareAsync);
    }

    private async Task<Answer> CompareAsync(CancellationToken cancellationToken)
    {
        if (await sets.FindAsync(SetKind.Configuration, cancellationToken) is not { Manifest.Configuration: { } facts } set)
            return Answer.Bad("the store holds no configuration set: twibackup backup configuration");
        if (key is null)
            return Answer.NotAsked("keys.signingKey is not here, and the manifest's hashes are made with it");
        if (facts.HashKey != key.Public.ToString())
            return Answer.NotAsked($"the hashes of configuration/{set.Id} were made with another signing key than keys.signingKey");

        var tree = await TreeScanner.ScanAsync(policy.Paths.Select(path => path.Path), mayGrow: false, cancellationToken);
        var now = tree.Entries.Select(entry => TreeHash.Describe(entry, key)).ToDictionary(file => file.Name, StringComparer.Ordinal);
        var before = facts.Files.ToDictionary(file => file.Name, StringComparer.Ordinal);
        var differences = before.Values.Select(file => Compare(file, now.GetValueOrDefault(file.Name))).OfType<string>()
            .Concat(now.Keys.Except(before.Keys).Select(name => $"{name} is new"))
            .ToList();
        if (differences.Count > 0)
            return Answer.Bad(
                $"not as in configuration/{set.Id}: {string.Join("; ", differences.Take(Shown))}{(differences.Count > Shown ? "; …" : "")}. "
                + "Take it: twibackup backup configuration; or bring it back: twibackup restore configuration");
        var missing = policy.Paths.Where(path => path.Required && tree.Missing.Contains(path.Path)).Select(path => path.Path).ToList();
        return Answer.Of(missing.Count == 0, $"{before.Count} entries as in configuration/{set.Id}", $"missing: {string.Join(", ", missing)}");
    }

    private static string? Compare(ArchivedFile before, ArchivedFile? now)
    {
        if (now is null)
            return $"{before.Name} is gone";
        var changed = new List<string>();
        if (now.Hash != before.Hash)
            changed.Add("content");
        if (now.Mode != before.Mode)
            changed.Add($"mode {before.Mode} then, {now.Mode} now");
        if (now.Owner != before.Owner)
            changed.Add($"owner {before.Owner} then, {now.Owner} now");
        return changed.Count == 0 ? null : $"{before.Name}: {string.Join(", ", changed)}";
    }
}
