using System.Globalization;

namespace TwiBackup.Progress;

/// <summary>Sizes as people write them.</summary>
public static class SizeText
{
    private static readonly (string Suffix, long Factor)[] Units =
    [
        ("kib", 1L << 10), ("mib", 1L << 20), ("gib", 1L << 30), ("tib", 1L << 40), ("kb", 1000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000), ("b", 1), ("", 1),
    ];

    /// <summary>Reads 100MB, 2GB, 512MiB, 1.5 GB or a number of bytes; above zero.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var trimmed = text.Trim().ToLowerInvariant();
        foreach (var (suffix, factor) in Units)
        {
            if (!trimmed.EndsWith(suffix, StringComparison.Ordinal))
                continue;
            if (!decimal.TryParse(trimmed[..^suffix.Length].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number > 1_000_000)
                return suffix.Length == 0 && long.TryParse(trimmed, NumberStyles.None, CultureInfo.InvariantCulture, out bytes) && bytes > 0;
            bytes = (long)(number * factor);
            return bytes > 0;
        }

        return false;
    }
}
