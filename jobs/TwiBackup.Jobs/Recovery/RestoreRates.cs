using TwiBackup.Catalog;
using TwiBackup.Verification;

namespace TwiBackup.Recovery;

/// <summary>How fast sets are restored: by the last verifications, which restored for real; without any by a guess.</summary>
internal sealed class RestoreRates
{
    /// <summary>As many of the newest records of a kind count.</summary>
    private const int RecordsAtMost = 5;

    /// <summary>Guesses in bytes a second, on the safe side of what small machines do.</summary>
    private const double GuessedDatabase = 40e6, GuessedFiles = 10e6, GuessedReplay = 15e6;

    private readonly Dictionary<SetKind, (double Rate, int Records)> measured = [];

    private RestoreRates()
    {
    }

    /// <summary>Reads what was measured; null: nothing was.</summary>
    public static async Task<RestoreRates> ReadAsync(VerificationLog? log, SetCatalog catalog, CancellationToken cancellationToken)
    {
        var rates = new RestoreRates();
        if (log is null)
            return rates;
        var records = (await log.ListAsync(cancellationToken)).Where(r => r is { Proven: true, RestoreSeconds: > 0 }).ToList();
        foreach (var kind in records.Select(r => r.Kind).Distinct(StringComparer.Ordinal))
        {
            if (!SetKinds.TryParse(kind, out var known))
                continue;
            var bytes = (await catalog.ListAsync(known, cancellationToken)).Sets.ToDictionary(s => s.Id, s => s.Manifest.PlainBytes, StringComparer.Ordinal);
            var found = records.Where(r => r.Kind == kind && bytes.GetValueOrDefault(r.SetId) > 0)
                .TakeLast(RecordsAtMost)
                .Select(r => bytes[r.SetId] / r.RestoreSeconds!.Value)
                .Order()
                .ToList();
            if (found.Count > 0)
                rates.measured[known] = (found[found.Count / 2], found.Count);
        }

        return rates;
    }

    /// <summary>How long a restore will take, and how that is known.</summary>
    /// <param name="replayBytes">WAL to be replayed behind a full.</param>
    public (TimeSpan Time, string How) Of(SetKind kind, long bytes, long replayBytes = 0)
    {
        var guess = kind is SetKind.Full or SetKind.Dump ? GuessedDatabase : GuessedFiles;
        var (rate, how) = measured.TryGetValue(kind, out var known)
            ? (known.Rate, $"at {Progress.Sizes.Text((long)known.Rate)}/s, measured by {known.Records} verification{(known.Records == 1 ? "" : "s")}")
            : (guess, $"a GUESS at {Progress.Sizes.Text((long)guess)}/s: no verification has measured it");
        var replay = replayBytes > 0 ? $"; WAL a guess at {Progress.Sizes.Text((long)GuessedReplay)}/s" : "";
        return (TimeSpan.FromSeconds(bytes / rate + replayBytes / GuessedReplay), how + replay);
    }
}
