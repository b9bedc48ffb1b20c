using TwiBackup.Stores;

namespace TwiBackup.Tests.Stores;

/// <summary>What tests of a failing S3 server share.</summary>
internal static class S3Faults
{
    public static readonly string Busy = Xml("503 Slow Down", "<Error><Code>SlowDown</Code><Message/></Error>");

    public static string Xml(string status, string body) =>
        $"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    /// <summary>The URL of the test's store through the proxy, for a program.</summary>
    public static string UrlThrough(FaultProxy proxy, TestStore test)
    {
        var endpoint = ObjectStoreFactory.ParseS3(StoreUrl.Parse(test.Url), test.Environment).Endpoint!;
        return test.Url.Replace(endpoint.GetLeftPart(UriPartial.Authority), proxy.Address, StringComparison.Ordinal);
    }

    public static async Task<FaultProxy> NewProxyAsync() => FaultProxy.Before((await S3TestServer.GetAsync()).Endpoint);

    /// <summary>The test's store through the proxy: small parts, quick retries. Patience is in seconds.</summary>
    public static S3ObjectStore Through(FaultProxy proxy, TestStore test, bool amazon = false, double patience = 20)
    {
        var settings = ObjectStoreFactory.ParseS3(StoreUrl.Parse(test.Url), test.Environment);
        return new S3ObjectStore(Hasty(settings with { Endpoint = proxy.Endpoint, IsAmazon = amazon }, patience));
    }

    public static S3Settings Hasty(S3Settings settings, double patience = 20) => settings with
    {
        PartSize = 5 << 20,
        MaxAttempts = 4,
        RetryDelay = TimeSpan.FromMilliseconds(10),
        Silence = TimeSpan.FromSeconds(patience),
        CompleteSilence = TimeSpan.FromSeconds(20),
    };
}
