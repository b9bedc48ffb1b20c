using System.Text.Json;
using TwiBackup.Alerts;
using TwiBackup.Policy;

namespace TwiBackup.Verification.Live;

/// <summary>
/// Whether Discord webhooks still exist: a GET describes one and posts nothing
/// (<see href="https://discord.com/developers/docs/resources/webhook#get-webhook-with-token">Get Webhook with Token</see>).
/// </summary>
internal sealed class WebhookChecks(
    SecretReference? alerts, IReadOnlyList<string> variables, EnvironmentChecks? file, IReadOnlyDictionary<string, string> environment) : IDisposable
{
    private const int LargestAnswer = 64 << 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly HttpClient client = AlertHttp.CreateClient();

    public IEnumerable<SystemCheck> All()
    {
        yield return alerts is null
            ? SystemCheck.NotConfigured("webhook/alerts", "verification.system.webhook, or no alerts.discord")
            : new("webhook/alerts", cancellationToken => AskAsync(alerts.Resolve(environment), $"alerts.discord ({alerts})", cancellationToken));
        if (variables.Count == 0)
            yield return SystemCheck.NotConfigured("webhook/application", "verification.system.environment.webhooks");
        foreach (var name in variables)
            yield return new($"webhook/{name}", async cancellationToken => file!.Read().FindAny(name) is { } url
                ? await AskAsync(url, name, cancellationToken)
                : Answer.NotAsked($"the application's file of variables has no {name}"));
    }

    public void Dispose() => client.Dispose();

    private async Task<Answer> AskAsync(string text, string name, CancellationToken cancellationToken)
    {
        var url = AlertHttp.ParseSecretUrl(text, name, mayBePlain: false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            using var answer = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var status = (int)answer.StatusCode;
            if (status is 401 or 403 or 404)
                return Answer.Bad($"{name} answered {status}: the webhook is gone or the URL is wrong. Make a new one and set it there");
            if (status != 200)
                return Answer.Bad($"{name} answered {status}");
            return Answer.Of(await IsWebhookAsync(answer, limit.Token), $"{name} is there", $"{name} answered 200, but not as a Discord webhook does: is it the URL of something else?");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Answer.Bad($"{name}: no answer within {Duration.Format(Patience)}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // Their own messages may repeat the URL, which is a secret.
            return Answer.Bad($"{name}: {AlertHttp.Explain(e)}");
        }
    }

    private static async Task<bool> IsWebhookAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[LargestAnswer];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(buffer.AsMemory(0, length));
            return document.RootElement is { ValueKind: JsonValueKind.Object } webhook
                && webhook.TryGetProperty("id", out _) && webhook.TryGetProperty("token", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
