using System.Net;
using System.Net.Http.Headers;
using TwiBackup.Policy;

namespace TwiBackup.Alerts;

/// <summary>
/// A Discord webhook. Its URL is a secret: whoever has it can write to the channel. It stands in no message, log or exception.
/// </summary>
/// <param name="client">Of <see cref="AlertHttp.CreateClient"/>.</param>
/// <param name="url">The webhook.</param>
/// <param name="name">The webhook for messages, e.g. <c>alerts.discord (env:DISCORD_WEBHOOK_URL)</c>.</param>
internal sealed class DiscordWebhook(HttpClient client, Uri url, string name, DeliveryOptions options, TimeProvider clock) : IAlertSink
{
    private const int LargestAnswer = 4096;

    public DateTimeOffset NotBefore { get; set; }

    public async Task SendAsync(Alert alert, CancellationToken cancellationToken)
    {
        var body = DiscordMessage.Write(alert);
        var began = clock.GetTimestamp();
        var pause = options.FirstWait;
        for (var attempt = 1; ; attempt++)
        {
            if (NotBefore - clock.GetUtcNow() is var wait && wait > TimeSpan.Zero)
                await WaitAsync(wait, began, "it asks to wait", cancellationToken);
            var (isFinal, problem) = await AskAsync(body, cancellationToken);
            if (problem is null)
                return;
            if (isFinal || attempt >= options.Attempts)
                throw new TwiBackupException($"{name}: {problem}");
            if (NotBefore > clock.GetUtcNow())
                continue;
            await WaitAsync(pause, began, problem, cancellationToken);
            pause *= 2;
        }
    }

    private async Task WaitAsync(TimeSpan wait, long began, string why, CancellationToken cancellationToken)
    {
        if (clock.GetElapsedTime(began) + wait > options.Patience)
            throw new TwiBackupException($"{name}: {why}{(NotBefore > clock.GetUtcNow() ? $" {Duration.Format(TimeSpan.FromSeconds(Math.Ceiling(wait.TotalSeconds)))}" : "")}, given up for now");
        await Task.Delay(wait, clock, cancellationToken);
    }

    /// <summary>One attempt; no problem: it was taken.</summary>
    private async Task<(bool IsFinal, string? Problem)> AskAsync(byte[] body, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.AttemptTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return await JudgeAsync(answer, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (false, $"no answer within {options.AttemptTimeout.TotalSeconds:0.#} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (false, AlertHttp.Explain(e));
        }
    }

    private async Task<(bool IsFinal, string? Problem)> JudgeAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var status = (int)answer.StatusCode;
        var now = clock.GetUtcNow();
        var said = answer.StatusCode == HttpStatusCode.TooManyRequests ? await ReadAsync(answer, cancellationToken) : [];
        if (RateLimit.WaitOf(answer, said, now) is var wait && wait > TimeSpan.Zero)
            NotBefore = now + wait;
        return status switch
        {
            >= 200 and < 300 => (false, null),
            429 => (false, "it answered 429, too many messages"),
            408 or >= 500 => (false, $"it answered {status}"),
            401 or 403 or 404 => (true, $"it answered {status}: the webhook is gone or the URL is wrong. Make a new one and set it there"),
            >= 300 and < 400 => (true, $"it answered {status}, a redirect, which is not followed with a secret URL. Set the URL that it leads to"),
            _ => (true, $"it answered {status} to our message"),
        };
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[LargestAnswer];
        return buffer[..await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)];
    }
}
