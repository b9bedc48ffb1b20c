using System.Net;
using System.Text;
using TwiBackup.Stores;

namespace TwiBackup.Tests.Stores;

/// <summary>Credentials that are not in the store's environment come from where the AWS SDK looks for them.</summary>
public sealed class S3CredentialsTests
{
    [Fact]
    public async Task A_container_gets_its_credentials_from_its_host()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await test.Store.PutBytesAsync("k", "read with the task's role"u8.ToArray(), PutCondition.IfAbsent, CancellationToken.None);
        using var host = new HttpListener();
        var address = $"http://127.0.0.1:{FreePort()}/role/";
        host.Prefixes.Add(address);
        host.Start();
        var asked = AnswerAsync(host, test.Environment);

        using var child = TestChild.Start(ReadWithContainerRole, test.Url, address);

        Assert.Equal("read with the task's role", await child.Output.ReadLineAsync());
        Assert.Equal("Bearer hushhush", await asked);
    }

    [Fact]
    public async Task Without_credentials_it_is_said_where_they_can_come_from()
    {
        await using var test = await TestStores.NewS3StoreAsync();

        using var child = TestChild.Start(ReadWithNothing, test.Url);

        Assert.Equal(
            $"There are no credentials for {test.Store.Location}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the task or " +
            "instance a role.",
            await child.Output.ReadLineAsync());
    }

    private static async Task ReadWithContainerRole(string[] arguments)
    {
        Environment.SetEnvironmentVariable("AWS_CONTAINER_CREDENTIALS_FULL_URI", arguments[1]);
        Environment.SetEnvironmentVariable("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer hushhush");
        await ReadWithNothing(arguments);
    }

    private static async Task ReadWithNothing(string[] arguments)
    {
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", "true");
        Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
        Environment.SetEnvironmentVariable("AWS_CONFIG_FILE", "/nonexistent");
        await using var store = ObjectStoreFactory.Open(arguments[0], new Dictionary<string, string>());
        try
        {
            Console.WriteLine(Encoding.ASCII.GetString(await store.ReadBytesAsync("k", 100, CancellationToken.None)));
        }
        catch (TwiBackupException failed)
        {
            Console.WriteLine(failed.Message);
        }
    }

    private static async Task<string?> AnswerAsync(HttpListener host, IReadOnlyDictionary<string, string> environment)
    {
        var context = await host.GetContextAsync();
        var answer = $$"""
            {"AccessKeyId":"{{environment["AWS_ACCESS_KEY_ID"]}}","SecretAccessKey":"{{environment["AWS_SECRET_ACCESS_KEY"]}}",
            "Token":null,"Expiration":"2099-01-01T00:00:00Z"}
            """;
        context.Response.ContentType = "application/json";
        await context.Response.OutputStream.WriteAsync(Encoding.ASCII.GetBytes(answer));
        context.Response.Close();
        return context.Request.Headers["Authorization"];
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
