using Amazon.Runtime;

namespace TwiBackup.Infra.Tests.Support;

/// <summary>
/// Sends bodies without <c>Expect: 100-continue</c>. After a refusal .NET still sends a small body, and radosgw takes it for the next
/// request, which then fails with 400 instead of being refused.
/// </summary>
internal sealed class PlainBodies : HttpClientFactory
{
    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(new Handler());

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    private sealed class Handler() : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.ExpectContinue = false;
            return base.SendAsync(request, cancellationToken);
        }
    }
}
