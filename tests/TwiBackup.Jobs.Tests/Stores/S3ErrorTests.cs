using Amazon.Runtime;
using TwiBackup.Stores;
using static TwiBackup.Tests.Stores.S3Faults;

namespace TwiBackup.Tests.Stores;

/// <summary>Whatever is wrong with a server, its bucket or the credentials is told in one line that says what to do.</summary>
public sealed class S3ErrorTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] X = [(byte)'x'];

    [Theory]
    [InlineData(403, "RequestTimeTooSkewed", "refuses this machine's clock")]
    [InlineData(301, "PermanentRedirect", "is not in region us-east-1")]
    [InlineData(400, "AuthorizationHeaderMalformed", "is not in region us-east-1")]
    [InlineData(400, "ExpiredToken", "credentials are over")]
    [InlineData(403, "QuotaExceeded", "is over its quota")]
    [InlineData(418, "Teapot", "answered Teapot, HTTP 418")]
    public async Task What_a_server_refuses_is_told_in_one_line(int status, string code, string reason)
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test);
        proxy.Answer(Xml($"{status} No", $"<Error><Code>{code}</Code><Message>two\nlines</Message></Error>"), "GET /");

        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => store.ReadClockAsync(None));

        Assert.Contains(reason, failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failed.Message);
    }

    [Fact]
    public async Task A_server_that_stays_busy_is_told_so()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var proxy = await NewProxyAsync();
        await using var store = Through(proxy, test);
        for (var time = 0; time < 10; time++)
            proxy.Answer(Busy);

        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => store.PutBytesAsync("k", X, PutCondition.IfAbsent, None));

        Assert.Contains("is failing", failed.Message, StringComparison.Ordinal);
        Assert.Contains("was tried 4 times, last answer SlowDown, HTTP 503", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_none_of_S3_is_told_so()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        const string Page = "<html><body>It works!";
        foreach (var (status, use) in ((string, Func<IObjectStore, Task>)[])
            [
                ("200 OK", store => store.ListAsync("", null, None).ToListAsync().AsTask()),
                ("200 OK", store => store.HeadAsync("k", None)),
                ("200 OK", store => store.ReadBytesAsync("k", 100, None)),
                ("404 Not Found", store => store.ListAsync("", null, None).ToListAsync().AsTask()),
                ("404 Not Found", store => store.HeadAsync("k", None)),
                ("404 Not Found", store => store.ReadBytesAsync("k", 100, None)),
            ])
        {
            await using var proxy = await NewProxyAsync();
            await using var store = Through(proxy, test);
            for (var time = 0; time < 10; time++)
                proxy.Answer(Xml(status, Page));
            var failed = await Assert.ThrowsAsync<TwiBackupException>(() => use(store));
            Assert.StartsWith($"{proxy.Address} does not speak S3", failed.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_bucket_that_is_not_there_is_never_an_empty_one()
    {
        var server = await S3TestServer.GetAsync();
        var url = TestStores.UrlOf(server.Endpoint, "no-such-bucket", "p");
        await using var store = ObjectStoreFactory.Open(url, server.EnvironmentOf("owner"));

        foreach (var use in (Func<Task>[])
            [
                () => store.HeadAsync("k", None),
                () => store.ReadBytesAsync("k", 10, None),
                () => store.PutBytesAsync("k", X, PutCondition.Replace, None),
                () => store.PutBytesAsync("k", new byte[20 << 20], PutCondition.IfAbsent, None),
                async () => await store.ListAsync("", null, None).ToListAsync(),
                async () => await store.ListFoldersAsync("", None).ToListAsync(),
                async () => await store.ListVersionsAsync("", None).ToListAsync(),
                () => store.GetTagsAsync("k", null, None),
                () => store.DeleteAsync("k", null, None),
                () => store.ReadClockAsync(None),
            ])
        {
            var failed = await Assert.ThrowsAsync<TwiBackupException>(use);
            Assert.Equal(
                $"Bucket no-such-bucket does not exist at http://127.0.0.1:{server.Endpoint.Port}. Make it, or correct the store's URL.",
                failed.Message);
        }
    }

    [Fact]
    public async Task Wrong_credentials_are_told_apart()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        var right = test.Environment;
        await using var unknown = ObjectStoreFactory.Open(
            test.Url, new Dictionary<string, string>(right) { ["AWS_ACCESS_KEY_ID"] = "AKIAUNKNOWN" });
        await using var wrong = ObjectStoreFactory.Open(
            test.Url, new Dictionary<string, string>(right) { ["AWS_SECRET_ACCESS_KEY"] = "hushhush" });
        await using var foreign = ObjectStoreFactory.Open(test.Url, (await S3TestServer.GetAsync()).EnvironmentOf("writer"));

        foreach (var (store, reason) in ((IObjectStore, string)[])
            [(unknown, "does not know the access key"), (wrong, "refuses the signature"), (foreign, "denies")])
        {
            foreach (var use in (Func<Task>[])
                [
                    () => store.HeadAsync("k", None),
                    () => store.ReadBytesAsync("k", 10, None),
                    () => store.PutBytesAsync("k", X, PutCondition.IfAbsent, None),
                    () => store.PutBytesAsync("k", new byte[20 << 20], PutCondition.Replace, None),
                    async () => await store.ListAsync("", null, None).ToListAsync(),
                ])
            {
                var failed = await Assert.ThrowsAnyAsync<TwiBackupException>(use);
                Assert.Contains(reason, failed.Message, StringComparison.Ordinal);
                Assert.DoesNotContain("hushhush", failed.ToString(), StringComparison.Ordinal);
                Assert.DoesNotContain(right["AWS_SECRET_ACCESS_KEY"], failed.ToString(), StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", "Nothing listens at http://127.0.0.1:1.")]
    [InlineData("http://no-such-host.invalid", "The name of http://no-such-host.invalid is unknown (DNS).")]
    public async Task An_endpoint_that_is_not_there_is_named(string endpoint, string reason)
    {
        await using var store = new S3ObjectStore(Hasty(new S3Settings("bucket")
        {
            Endpoint = new Uri(endpoint), Credentials = new BasicAWSCredentials("a", "b"),
        }));

        var failed = await Assert.ThrowsAnyAsync<TwiBackupException>(() => store.HeadAsync("k", None));

        Assert.StartsWith(reason, failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_TLS_asked_for_TLS_cannot_be_trusted()
    {
        await using var proxy = await NewProxyAsync();
        await using var store = new S3ObjectStore(Hasty(new S3Settings("bucket")
        {
            Endpoint = new Uri($"https://127.0.0.1:{proxy.Port}"), ForcePathStyle = true, Credentials = new BasicAWSCredentials("a", "b"),
        }));

        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => store.HeadAsync("k", None));

        Assert.StartsWith($"https://127.0.0.1:{proxy.Port} cannot be trusted: ", failed.Message, StringComparison.Ordinal);
    }
}
