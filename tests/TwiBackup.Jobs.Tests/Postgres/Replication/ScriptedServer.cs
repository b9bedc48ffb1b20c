using System.Net;
using System.Net.Sockets;
using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;

namespace TwiBackup.Tests.Postgres.Replication;

/// <summary>Lets one client in without a password, then answers its first command with the bytes given, cut into pieces of a chosen
/// size.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _served;

    public ScriptedServer(string version, byte[] answer, int pieces)
    {
        _listener.Start();
        _served = ServeAsync(version, answer, pieces);
    }

    public ConnectionSettings Settings =>
        new() { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port, User = "u", SslMode = "disable" };

    /// <summary>The first command, without its type and length.</summary>
    public string Command { get; private set; } = "";

    public static byte[] Message(char type, params byte[] body) => new WireBuilder(type).Raw(body).Build();

    /// <summary>A row of text columns.</summary>
    public static byte[] Row(params string?[] values)
    {
        var row = new WireBuilder('D').Raw([(byte)(values.Length >> 8), (byte)values.Length]);
        foreach (var value in values)
        {
            if (value is null)
                row.Int32(-1);
            else
                row.Int32(value.Length).Raw(System.Text.Encoding.ASCII.GetBytes(value));
        }
        return row.Build();
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _served.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _ended.Dispose();
    }

    private async Task ServeAsync(string version, byte[] answer, int pieces)
    {
        using var client = await _listener.AcceptSocketAsync(_ended.Token);
        client.NoDelay = true;
        var buffer = new byte[4096];
        await client.ReceiveAsync(buffer, _ended.Token);
        byte[] welcome =
        [
            .. Message('R', 0, 0, 0, 0),
            .. new WireBuilder('S').Text("server_version").Text(version).Build(),
            .. new WireBuilder('K').Int32(4711).Int32(0).Build(),
            .. Message('Z', (byte)'I'),
        ];
        await client.SendAsync(welcome, _ended.Token);
        var count = await client.ReceiveAsync(buffer, _ended.Token);
        Command = System.Text.Encoding.UTF8.GetString(buffer, 5, count - 6);
        for (var at = 0; at < answer.Length; at += pieces)
            await client.SendAsync(answer.AsMemory(at, Math.Min(pieces, answer.Length - at)), _ended.Token);
        // Until the client hangs up.
        await client.ReceiveAsync(buffer, _ended.Token);
    }
}
