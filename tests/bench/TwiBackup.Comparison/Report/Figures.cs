using System.Globalization;
using TwiBackup.Comparison.Measure;
using TwiBackup.Progress;

namespace TwiBackup.Comparison.Report;

/// <summary>Lines from pairs: each figure is a median.</summary>
internal static class Figures
{
    /// <summary>How fast: the ratio says how many times as fast ours is.</summary>
    public static Line Speed(string what, Pairs pairs, string peer, double? atLeast = null)
    {
        var times = pairs.TimesAsFast();
        return new Line(
            what, Seconds(pairs.Mine(u => u.Wall)), Beside(peer, pairs.Its(u => u.Wall) is { } its ? Seconds(its) : null),
            times is { } t ? $"{Number(t)} times as fast" : "", atLeast is { } bar ? $"at least {Number(bar)}" : "", AtLeast(times, atLeast));
    }

    /// <summary>The processor's seconds, the server's share included.</summary>
    public static Line Cpu(string what, Pairs pairs, string peer) => new(
        $"{what}, CPU (program and server)", Seconds(pairs.Mine(u => u.Cpu)), Beside(peer, pairs.Its(u => u.Cpu) is { } its ? Seconds(its) : null),
        Part(pairs.Ratio(u => u.Cpu)));

    public static Line Stored(string what, Pairs pairs, string peer)
    {
        var ratio = pairs.Ratio(u => u.Stored);
        return new Line(
            $"{what}, stored", Sizes.Text((long)pairs.Mine(u => u.Stored)),
            Beside(peer, pairs.Its(u => u.Stored) is { } its ? Sizes.Text((long)its) : null), Part(ratio), "no larger", ratio is { } r ? r <= 1 : null);
    }

    public static Line Peak(string what, long bytes, long limit) =>
        new($"{what}, peak memory", Mebibytes(bytes), Wanted: $"under {Mebibytes(limit)}", Met: bytes < limit);

    /// <summary>Null, and not "missed", where there is no bar or no peer.</summary>
    private static bool? AtLeast(double? times, double? bar) => times is { } t && bar is { } b ? t >= b : null;

    public static string Beside(string peer, string? figure) => figure is null ? "" : $"{peer} {figure}";

    public static string Part(double? ratio) => ratio is { } r ? Number(r) : "";

    public static string Seconds(double seconds) => seconds < 0.1
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0.#} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{seconds:0.00} s");

    public static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0} MiB");

    public static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
