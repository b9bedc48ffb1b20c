namespace TwiBackup.Alerts;

/// <summary>
/// A URL that is asked while all is well, so that somebody else notices when it is not asked any more: the host is gone, the scheduler
/// hangs, nothing can reach the outside. Its URL is a secret.
/// </summary>
/// <param name="name">The switch for messages, e.g. <c>alerts.ping (env:TWIBACKUP_PING_URL)</c>.</param>
internal sealed class DeadMansSwitch(HttpClient client, Uri url, string name, DeliveryOptions options, TimeProvider clock)
{
    private const int Attempts = 2;

    private readonly SwitchUrls urls = SwitchUrls.Of(url);

    /// <summary>Tells that all is well, or that something failed, if the service can be told. Throws <see cref="TwiBackupException"/>.</summary>
    public async Task PingAsync(bool isWell, CancellationToken cancellationToken)
    {
        if ((isWell ? urls.Success : urls.Failure) is not { } asked)
            return;
        for (var attempt = 1; ; attempt++)
        {
            if (await AskAsync(asked, cancellationToken) is not { } problem)
                return;
            if (attempt == Attempts)
                throw new TwiBackupException($"{name}: {problem}");
            await Task.Delay(options.FirstWait, clock, cancellationToken);
        }
    }

    private async Task<string?> AskAsync(Uri asked, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.AttemptTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, asked);
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return answer.IsSuccessStatusCode ? null : $"it answered {(int)answer.StatusCode}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {options.AttemptTimeout.TotalSeconds:0.#} s";
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return AlertHttp.Explain(e);
        }
    }
}
