using System.Globalization;
using System.Text;
using System.Text.Json;
using TwiBackup.Progress;

namespace TwiBackup.Alerts;

/// <summary>
/// An alert as the body of a webhook's message
/// (<see href="https://discord.com/developers/docs/resources/webhook#execute-webhook">Execute Webhook</see>): one embed with a colour
/// that tells at a glance, times that the reader's own client shows in the reader's zone, and no text that could mention anybody.
/// </summary>
internal static class DiscordMessage
{
    private const int Red = 0xD83C3E;
    private const int Amber = 0xE6A817;
    private const int Green = 0x2E9E5B;

    // Discord's limits are 256, 4096 and 1024; escaping can double what is left.
    private const int LongestTitle = 200;
    private const int LongestMessage = 1500;
    private const int LongestField = 450;

    public static byte[] Write(Alert alert)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("username", "TwiBackup");
            json.WriteStartObject("allowed_mentions");
            json.WriteStartArray("parse");
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartArray("embeds");
            WriteEmbed(json, alert);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteEmbed(Utf8JsonWriter json, Alert alert)
    {
        var (sign, colour) = alert.Level switch
        {
            AlertLevel.Failure => ("❌", Red),
            AlertLevel.Recovered => ("✅", Green),
            _ => ("⚠️", Amber),
        };
        json.WriteStartObject();
        json.WriteString("title", $"{sign} {Shortened(alert.Title, LongestTitle)}");
        json.WriteString("description", Escaped(Shortened(alert.Message, LongestMessage)));
        json.WriteNumber("color", colour);
        json.WriteString("timestamp", alert.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        if (alert.Report is { } report)
            json.WriteString("url", report);
        json.WriteStartArray("fields");
        WriteField(json, "System", Escaped(alert.System), inline: true);
        WriteField(json, "Host", Escaped(Shortened(alert.Host, LongestField)), inline: true);
        WriteField(json, alert.Level == AlertLevel.Recovered ? "Was out since" : "Since", Time(alert.Since), inline: true);
        if (alert.Count > 1)
            WriteField(json, "How often", string.Create(CultureInfo.InvariantCulture, $"{alert.Count} times"), inline: true);
        if (alert.Duration is { } duration)
            WriteField(json, "The last run took", Sizes.Text(duration), inline: true);
        if (alert.Advice is { } advice)
            WriteField(json, "What to do", Escaped(Shortened(advice, LongestField)), inline: false);
        if (alert.Report is { Length: < 900 } link)
            WriteField(json, "Report", $"[What could be recovered now]({link})", inline: false);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter json, string name, string value, bool inline)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("value", value);
        json.WriteBoolean("inline", inline);
        json.WriteEndObject();
    }

    /// <summary>Shown by the reader's client as "23 November 2026 03:00 (2 hours ago)", in the reader's zone.</summary>
    private static string Time(DateTimeOffset time)
    {
        var seconds = time.ToUnixTimeSeconds();
        return string.Create(CultureInfo.InvariantCulture, $"<t:{seconds}:f> (<t:{seconds}:R>)");
    }

    private static string Shortened(string text, int longest)
    {
        if (text.Length <= longest)
            return text;
        var end = char.IsHighSurrogate(text[longest - 2]) ? longest - 2 : longest - 1;
        return text[..end] + "…";
    }

    /// <summary>Markdown taken as what it is: a path's underscores are no italics.</summary>
    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            if (c is '\\' or '*' or '_' or '~' or '`' or '|' or '<' or '>' or '[' or ']' or '#')
                escaped.Append('\\');
            escaped.Append(char.IsControl(c) ? ' ' : c);
        }

        return escaped.ToString();
    }
}
