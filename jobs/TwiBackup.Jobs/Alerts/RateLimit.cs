using System.Globalization;
using System.Net;
using System.Text.Json;

namespace TwiBackup.Alerts;

/// <summary>
/// How long an answer asks to wait
/// (<see href="https://discord.com/developers/docs/topics/rate-limits">Discord's rate limits</see>, RFC 9110 section 10.2.3).
/// </summary>
internal static class RateLimit
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);
    private static readonly TimeSpan Unsaid = TimeSpan.FromSeconds(5);

    /// <summary>Zero: the next message may go at once.</summary>
    /// <param name="body">The answer's body as far as it was read; JSON with <c>retry_after</c> in seconds.</param>
    public static TimeSpan WaitOf(HttpResponseMessage answer, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (answer.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable))
            return Header(answer, "X-RateLimit-Remaining") == "0" ? Seconds(Header(answer, "X-RateLimit-Reset-After")) ?? TimeSpan.Zero : TimeSpan.Zero;
        var waits = new[] { AfterOf(Header(answer, "Retry-After"), now), Seconds(Header(answer, "X-RateLimit-Reset-After")), OfBody(body) };
        return waits.Max() ?? (answer.StatusCode == HttpStatusCode.TooManyRequests ? Unsaid : TimeSpan.Zero);
    }

    private static TimeSpan? AfterOf(string? text, DateTimeOffset now)
    {
        if (Seconds(text) is { } seconds)
            return seconds;
        return DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? Bounded((date - now).TotalSeconds)
            : null;
    }

    private static TimeSpan? OfBody(ReadOnlySpan<byte> body)
    {
        try
        {
            var json = new Utf8JsonReader(body);
            while (json.Read())
            {
                if (json.TokenType == JsonTokenType.PropertyName && json.CurrentDepth == 1 && json.ValueTextEquals("retry_after"u8)
                    && json.Read() && json.TokenType == JsonTokenType.Number)
                    return Bounded(json.GetDouble());
            }
        }
        catch (JsonException)
        {
            // A proxy's page, or cut short: the headers have to do.
        }

        return null;
    }

    private static TimeSpan? Seconds(string? text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) ? Bounded(seconds) : null;

    private static TimeSpan Bounded(double seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, Longest.TotalSeconds));

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault()?.Trim() : null;
}
