using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace TwiBackup.Tests.Attacks.Secrets;

/// <summary>The shapes in which a secret may lie somewhere: as it is, by half, and as programs write bytes and texts down.</summary>
internal static class SecretForms
{
    /// <summary>Shorter pieces are found by chance.</summary>
    public const int Shortest = 8;

    /// <summary>Each form, byte for byte as a Latin-1 text, with its name.</summary>
    public static IEnumerable<(string Name, string Form)> Of(byte[] secret)
    {
        return All(secret).Where(f => f.Form.Length >= Shortest).DistinctBy(f => f.Form, StringComparer.Ordinal);
    }

    private static IEnumerable<(string Name, string Form)> All(byte[] secret)
    {
        var plain = Encoding.Latin1.GetString(secret);
        yield return ("as it is", plain);
        yield return ("hex", Convert.ToHexString(secret));
        yield return ("hex", Convert.ToHexStringLower(secret));
        yield return ("reversed", new string([.. plain.Reverse()]));
        if (IsText(secret, out var text))
        {
            yield return ("UTF-16", Encoding.Latin1.GetString(Encoding.Unicode.GetBytes(text)));
            yield return ("percent-encoded", Uri.EscapeDataString(text));
            yield return ("HTML", Bytes(WebUtility.HtmlEncode(text)));
            yield return ("JSON", Bytes(JsonEncodedText.Encode(text).ToString()));
            yield return ("JSON", Bytes(JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString()));
            yield return ("SQL", Bytes(text.Replace("'", "''", StringComparison.Ordinal)));
        }

        for (var before = 0; before < 3; before++)
        {
            var base64 = Base64Within(secret, before);
            yield return ("base64", base64);
            yield return ("base64url", base64.Replace('+', '-').Replace('/', '_'));
        }

        // What was cut, masked by half, or broken over two lines.
        if (plain.Length < 2 * Shortest + 4)
            yield break;
        yield return ("first half", plain[..(plain.Length / 2)]);
        yield return ("second half", plain[(plain.Length / 2)..]);
    }

    private static bool IsText(byte[] bytes, out string text)
    {
        text = Encoding.UTF8.GetString(bytes);
        return !text.Contains('\uFFFD', StringComparison.Ordinal);
    }

    private static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>What base64 of a text looks like in which the secret begins behind so many bytes (modulo 3), without what depends on these.</summary>
    private static string Base64Within(byte[] secret, int before)
    {
        var text = Convert.ToBase64String([.. new byte[before], .. secret]);
        var first = (before * 8 + 5) / 6;
        var last = (before + secret.Length) * 8 / 6;
        return text[first..last];
    }
}
