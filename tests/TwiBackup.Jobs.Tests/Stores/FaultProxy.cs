using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TwiBackup.Tests.Stores;

/// <summary>
/// A TCP proxy that breaks what it is told to: connections are cut, reset, delayed or left silent, answers lost or made up.
/// A fault armed waits for the next answer of a request whose first line it matches, and is then used up; faults are met in the
/// order in which they were armed. A <see cref="Storm"/> breaks requests by chance. For any protocol in which the client speaks first;
/// first lines are HTTP's.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _target;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly List<Fault> _faults = [];
    private readonly Task _accepting;
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private Trigger? _when;
    private long _bytes;
    private volatile bool _down;

    public FaultProxy(IPEndPoint target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>What happens to requests that no armed fault is for; null: nothing.</summary>
    public FaultStorm? Storm { get; set; }

    /// <summary>Bytes that were passed on in both directions.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The server is gone: connections are reset, and none is taken.</summary>
    public bool Down
    {
        get => _down;
        set
        {
            _down = value;
            if (!value)
                return;
            foreach (var socket in _open.Keys)
                Abort(socket);
        }
    }

    /// <summary>Does something before the byte of this number is passed on.</summary>
    public void When(long bytes, Action happens) => Volatile.Write(ref _when, new Trigger(bytes, happens));

    private sealed record Trigger(long Bytes, Action Happens);

    private sealed record Fault(string FirstLine, long AfterBytes, Func<Socket, Socket, Task> Happens, bool BeforeServer = false, bool Crawls = false);

    /// <summary>Before an HTTP server.</summary>
    public static FaultProxy Before(Uri server) => new(new IPEndPoint(IPAddress.Parse(server.Host), server.Port));

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The proxy as an HTTP server, without a slash at the end.</summary>
    public string Address => $"http://127.0.0.1:{Port}";

    public Uri Endpoint => new(Address);

    /// <summary>The first lines of the requests that came, e.g. <c>PUT /bucket/key HTTP/1.1</c>.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>Everything of the first message of each request that came, as text: HTTP's headers.</summary>
    public ConcurrentQueue<string> Heads { get; } = new();

    /// <summary>How many faults have not happened yet.</summary>
    public int Armed
    {
        get
        {
            lock (_faults)
                return _faults.Count;
        }
    }

    /// <summary>The server does what it was asked; both ends are reset before the client hears of it.</summary>
    public void LoseAnswer(string firstLine = "") => Arm(new Fault(firstLine, 0, Reset));

    /// <summary>The server never sees the request; both ends are reset, after what happens <paramref name="meanwhile"/>.</summary>
    public void DropRequest(string firstLine = "", Func<Task>? meanwhile = null) => Arm(new Fault(firstLine, -1, async (client, server) =>
    {
        await (meanwhile?.Invoke() ?? Task.CompletedTask);
        await Reset(client, server);
    }, BeforeServer: true));

    /// <summary>Both ends are reset after so many bytes of an answer.</summary>
    public void CutAnswer(long afterBytes, string firstLine = "") => Arm(new Fault(firstLine, afterBytes, Reset));

    /// <summary>The answer stays away after so many bytes; the connection stays open.</summary>
    public void FallSilent(long afterBytes = 0, string firstLine = "") =>
        Arm(new Fault(firstLine, afterBytes, (_, _) => Task.Delay(Timeout.Infinite, _stop.Token)));

    /// <summary>After so many bytes the answer comes byte by byte, each long after the one before.</summary>
    public void Crawl(long afterBytes = 0, string firstLine = "") => Arm(new Fault(firstLine, afterBytes, (_, _) => Task.CompletedTask, Crawls: true));

    /// <summary>The answer begins so much later.</summary>
    public void Delay(TimeSpan time, string firstLine = "") => Arm(new Fault(firstLine, 0, (_, _) => Task.Delay(time, _stop.Token)));

    /// <summary>The client gets these bytes in place of the server's answer (the server does what it was asked), then the end.</summary>
    public void Answer(string text, string firstLine = "") => Arm(new Fault(firstLine, 0, async (client, server) =>
    {
        await client.SendAsync(Encoding.ASCII.GetBytes(text), _stop.Token);
        client.Shutdown(SocketShutdown.Send);
        client.Close();
        server.Close();
    }));

    private void Arm(Fault fault)
    {
        lock (_faults)
            _faults.Add(fault);
    }

    private Fault? Take(string firstLine, long bytes, bool beforeServer)
    {
        lock (_faults)
        {
            var index = _faults.FindIndex(
                fault => fault.BeforeServer == beforeServer && firstLine.Contains(fault.FirstLine, StringComparison.Ordinal));
            if (index < 0 || bytes <= _faults[index].AfterBytes)
                return null;
            var fault = _faults[index];
            _faults.RemoveAt(index);
            return fault;
        }
    }

    private static Task Reset(Socket client, Socket server)
    {
        Abort(client);
        Abort(server);
        return Task.CompletedTask;
    }

    private static void Abort(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            client.NoDelay = server.NoDelay = true;
            _open[client] = _open[server] = true;
            try
            {
                if (_down)
                {
                    Abort(client);
                    return;
                }
                await server.ConnectAsync(_target, _stop.Token);
                var talk = new Talk();
                await Task.WhenAll(AskAsync(client, server, talk), AnswerAsync(client, server, talk));
            }
            catch (Exception ended) when (ended is SocketException or OperationCanceledException or ObjectDisposedException)
            {
            }
            finally
            {
                _open.TryRemove(client, out _);
                _open.TryRemove(server, out _);
            }
        }
    }

    private async Task AskAsync(Socket client, Socket server, Talk talk)
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (await client.ReceiveAsync(buffer, _stop.Token) is var read and > 0)
            {
                if (talk.Answered)
                {
                    talk.Answered = false;
                    talk.Bytes = 0;
                    var head = Encoding.ASCII.GetString(buffer, 0, read);
                    talk.FirstLine = head.Split('\n')[0].TrimEnd();
                    _requests.Enqueue(talk.FirstLine);
                    Heads.Enqueue(head.Split("\r\n\r\n")[0]);
                    (talk.Strike, talk.Crawls) = (null, false);
                    if (Take(talk.FirstLine, 0, beforeServer: true) is { } fault)
                        await fault.Happens(client, server);
                    else if ((talk.Strike = Storm?.Next()) is { BeforeServer: true } strike)
                        await strike.Happens(client, server, _stop.Token);
                }
                await SendAllAsync(server, buffer.AsMemory(0, read));
            }
            server.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            server.Close();
            client.Close();
            throw;
        }
    }

    private async Task AnswerAsync(Socket client, Socket server, Talk talk)
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (await server.ReceiveAsync(buffer, _stop.Token) is var read and > 0)
            {
                var bytes = buffer.AsMemory(0, read);
                // "Go on" is not an answer.
                if (talk.Bytes == 0 && Encoding.ASCII.GetString(bytes.Span).StartsWith("HTTP/1.1 100", StringComparison.Ordinal))
                {
                    await SendAllAsync(client, bytes);
                    continue;
                }
                if (talk.Strike is { BeforeServer: false } strike)
                    bytes = await strike.AnswerAsync(client, server, talk.Bytes, bytes, _stop.Token);
                else if (Take(talk.FirstLine, talk.Bytes + read, beforeServer: false) is { } fault)
                {
                    var before = (int)Math.Max(0, fault.AfterBytes - talk.Bytes);
                    await SendAllAsync(client, bytes[..before]);
                    await fault.Happens(client, server);
                    talk.Crawls = fault.Crawls;
                    bytes = bytes[before..];
                }
                talk.Bytes += read;
                talk.Answered = true;
                for (; talk.Crawls && bytes.Length > 0; bytes = bytes[1..])
                {
                    await SendAllAsync(client, bytes[..1]);
                    await Task.Delay(FaultStrike.CrawlPause, _stop.Token);
                }

                await SendAllAsync(client, bytes);
            }
            client.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            server.Close();
            client.Close();
            throw;
        }
    }

    private async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        var passed = Interlocked.Add(ref _bytes, bytes.Length);
        if (Volatile.Read(ref _when) is { } when && passed >= when.Bytes && Interlocked.CompareExchange(ref _when, null, when) == when)
            when.Happens();

        while (bytes.Length > 0)
            bytes = bytes[await socket.SendAsync(bytes, _stop.Token)..];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    /// <summary>One connection's state: which request is being answered and how far.</summary>
    private sealed class Talk
    {
        public string FirstLine { get; set; } = "";

        public long Bytes { get; set; }

        public bool Answered { get; set; } = true;

        public FaultStrike? Strike { get; set; }

        public bool Crawls { get; set; }
    }
}
