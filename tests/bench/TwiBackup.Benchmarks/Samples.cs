using System.Globalization;
using System.Text;
using TwiBackup.Rehearsal.Bot;

namespace TwiBackup.Benchmarks;

/// <summary>Bytes that look like a table's pages: ids, times, and text of words that come as often as words do.</summary>
internal static class Samples
{
    public static byte[] Rows(int length)
    {
        var text = new StringBuilder(length + 8192);
        var random = new SplitMix(1);
        var id = 300_000_000_000_000_000;
        while (text.Length < length)
        {
            id += 1 + random.Below(1 << 22);
            text.Append(CultureInfo.InvariantCulture, $"{id}\0{random.Below(30_000)}\0");
            Lexicon.Shared.Append(text, ref random, Lexicon.ChatLength(ref random));
        }

        var bytes = new byte[length];
        Encoding.UTF8.GetEncoder().Convert(text.ToString(), bytes, flush: false, out _, out _, out _);
        return bytes;
    }
}
