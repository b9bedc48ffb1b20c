using System.Text;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>
/// Invented words, drawn as often as words of a language are (Zipf), so that text compresses about as chat does:
/// a dozen repeated sentences would flatter every compressor.
/// </summary>
internal sealed class Lexicon
{
    private const int Size = 24_000;
    private static readonly string[] Onsets =
    [
        "b", "br", "c", "ch", "d", "dr", "f", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "pr",
        "r", "s", "sh", "st", "t", "th", "tr", "v", "w", "",
    ];

    private static readonly string[] Nuclei = ["a", "e", "i", "o", "u", "ea", "ou", "ai", "ö", "ee"];
    private static readonly string[] Codas = ["", "n", "r", "s", "t", "l", "nd", "ng", "st", "ck", "m", "rs"];
    private static readonly string[] Marks = [".", ".", "!", "?", " 🙂", "...", " :sob:", "", "", ""];

    private static readonly Lazy<Lexicon> Made = new(() => new Lexicon(1));

    private readonly string[] _words = new string[Size];

    /// <summary>The words that running stand-ins write.</summary>
    public static Lexicon Shared => Made.Value;

    public Lexicon(ulong seed)
    {
        var random = new SplitMix(seed ^ 0x5EED_1E71_C0DE_0001);
        var word = new StringBuilder();
        for (var index = 0; index < Size; index++)
        {
            word.Clear();
            // Frequent words are short.
            var syllables = 1 + random.Below(index < 200 ? 1 : index < 4000 ? 2 : 4);
            for (var syllable = 0; syllable < syllables; syllable++)
                word.Append(Onsets[random.Below(Onsets.Length)]).Append(Nuclei[random.Below(Nuclei.Length)])
                    .Append(Codas[random.Below(Codas.Length)]);
            _words[index] = word.ToString();
        }
    }

    /// <summary>One word; the n-th most frequent comes about 1/n as often as the first.</summary>
    public string Word(ref SplitMix random) => _words[(int)Math.Pow(Size, random.Fraction()) - 1];

    /// <summary>Appends words until <paramref name="target"/> has grown by about <paramref name="length"/> characters.</summary>
    public void Append(StringBuilder target, ref SplitMix random, int length)
    {
        var end = target.Length + length;
        var first = true;
        while (target.Length < end)
        {
            if (!first) target.Append(' ');
            first = false;
            if (random.Below(40) == 0) target.Append(random.Below(100_000));
            else target.Append(Word(ref random));
            if (random.Below(9) == 0) target.Append(Marks[random.Below(Marks.Length)]);
        }
    }

    /// <summary>Text of about <paramref name="length"/> characters.</summary>
    public string Text(ref SplitMix random, int length)
    {
        var text = new StringBuilder(length + 32);
        Append(text, ref random, length);
        return text.ToString();
    }

    /// <summary>A chat message's length: mostly 20 to 120 characters, seldom up to 4,000 (Discord's bound).</summary>
    public static int ChatLength(ref SplitMix random) =>
        random.Below(400) == 0 ? 400 + random.Below(3500) : 8 + (int)(140 * random.Fraction() * random.Fraction()) + random.Below(30);
}
