using Amazon.Runtime;

namespace TwiBackup.Stores;

/// <summary>
/// How bodies travel: without <c>Expect: 100-continue</c>, which the SDK wants. After a refusal .NET still sends a body of less than 1 KiB,
/// radosgw does not expect it any more and takes it for the next request. Also reads the server's clock from every answer.
/// </summary>
internal sealed class S3Http : HttpClientFactory, IDisposable
{
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _client;

    public S3Http(S3Clock clock) => _client = new HttpClient(new PlainBodies(clock)) { Timeout = Timeout.InfiniteTimeSpan };

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _client;

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    public void Dispose() => _client.Dispose();

    private sealed class PlainBodies(S3Clock clock) : DelegatingHandler(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        ConnectTimeout = ConnectPatience,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.ExpectContinue = false;
            var answer = await base.SendAsync(request, cancellationToken);
            if (answer.Headers.Date is { } now)
                clock.Learn(now);
            return answer;
        }
    }
}
