using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace TwiBackup.Tests.Alerts;

/// <summary>
/// A real HTTP listener on loopback that stands in for Discord or a dead man's switch. It answers 204 unless told otherwise, one prepared
/// answer a request; an answer of 0 is none at all: the connection stays open.
/// </summary>
internal sealed class Listener : IAsyncDisposable
{
    public const string Secret = "S3cretT0kenOfTheWebhook";

    private readonly TcpListener server = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentQueue<(int Status, string Headers, string Body)> answers = new();
    private readonly Channel<(string Path, string Body)> requests = Channel.CreateUnbounded<(string, string)>();
    private readonly ConcurrentBag<Task> connections = [];
    private readonly Task accepting;

    public Listener()
    {
        server.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)server.LocalEndpoint).Port;

    /// <summary>The webhook's URL, which is a secret.</summary>
    public string Webhook => $"http://127.0.0.1:{Port}/api/webhooks/1234/{Secret}";

    /// <summary>Of every request so far.</summary>
    public ConcurrentQueue<DateTimeOffset> Times { get; } = new();

    /// <summary>Prepares the next answer.</summary>
    public void Answer(int status, string headers = "", string body = "") => answers.Enqueue((status, headers, body));

    /// <summary>Waits for the next request.</summary>
    public async Task<(string Path, string Body)> NextAsync() =>
        await requests.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Waits for the next message's only embed.</summary>
    public async Task<JsonElement> NextEmbedAsync()
    {
        var (_, body) = await NextAsync();
        return Assert.Single(JsonDocument.Parse(body).RootElement.GetProperty("embeds").EnumerateArray());
    }

    /// <summary>How many requests came that nobody has looked at.</summary>
    public int Left => requests.Reader.Count;

    public async ValueTask DisposeAsync()
    {
        if (accepting.IsCompleted)
            return;
        await stop.CancelAsync();
        server.Stop();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
            connections.Add(ServeAsync(await server.AcceptTcpClientAsync(stop.Token)));
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            await using var stream = client.GetStream();
            while (await ReadAsync(stream) is { } request)
            {
                Times.Enqueue(DateTimeOffset.UtcNow);
                var (status, headers, body) = answers.TryDequeue(out var prepared) ? prepared : (204, "", "");
                requests.Writer.TryWrite(request);
                if (status == 0)
                    await Task.Delay(Timeout.Infinite, stop.Token);
                var length = status == 204 ? "" : $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n";
                await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 {status} Some\r\n{length}{headers}\r\n{body}"), stop.Token);
            }
        }
    }

    private async Task<(string Path, string Body)?> ReadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, stop.Token) == 0)
                return null;
            head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n");
        var length = lines.FirstOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        var body = new byte[length is null ? 0 : int.Parse(length.Split(':')[1].Trim(), System.Globalization.CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, stop.Token);
        return (lines[0].Split(' ')[1], Encoding.UTF8.GetString(body));
    }
}
