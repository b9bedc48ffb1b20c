using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using TwiBackup.Postgres.Replication;

namespace TwiBackup.Tests.Postgres.Replication;

public sealed class SocketStreamTests : IDisposable
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);

    private readonly Socket _sender;
    private readonly SocketStream _stream;

    public SocketStreamTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var receiver = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        receiver.Connect(listener.LocalEndPoint!);
        _sender = listener.Accept();
        _sender.NoDelay = true;
        _stream = new SocketStream(receiver);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Behind_a_small_piece_others_gather_into_one_read()
    {
        _stream.Gather = TimeSpan.FromSeconds(1);
        var buffer = new byte[64 << 10];
        _sender.Send(new byte[10]);
        Assert.Equal(10, await _stream.ReadAsync(buffer, Cancel));

        var read = _stream.ReadAsync(buffer, Cancel);
        _sender.Send(new byte[20]);
        _sender.Send(new byte[30]);
        Assert.Equal(50, await read);
    }

    [Fact]
    public async Task Without_being_told_nothing_gathers()
    {
        var buffer = new byte[64 << 10];
        for (var i = 0; i < 3; i++)
        {
            _sender.Send(new byte[10]);
            Assert.Equal(10, await _stream.ReadAsync(buffer, Cancel));
        }
    }

    [Fact]
    public async Task Bulk_is_read_at_once()
    {
        _stream.Gather = _longest;
        const int Piece = 4 << 10;
        _sender.Send(new byte[4 * Piece]);
        var watch = Stopwatch.StartNew();
        // As TLS reads: little at a time, while more is there.
        for (var i = 0; i < 4; i++)
            await _stream.ReadExactlyAsync(new byte[Piece], Cancel);
        Assert.True(watch.Elapsed < _longest);
    }

    [Fact]
    public async Task A_read_that_waits_for_more_can_be_cancelled_and_loses_nothing()
    {
        _stream.Gather = TimeSpan.FromSeconds(1);
        var buffer = new byte[1 << 10];
        _sender.Send(new byte[10]);
        Assert.Equal(10, await _stream.ReadAsync(buffer, Cancel));

        using var cancelling = new CancellationTokenSource();
        var read = _stream.ReadAsync(buffer, cancelling.Token);
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await read);
        _sender.Send([1, 2, 3]);
        Assert.Equal(3, await _stream.ReadAsync(buffer, Cancel));
        Assert.Equal([1, 2, 3], buffer[..3]);
    }

    public void Dispose()
    {
        _stream.Dispose();
        _sender.Dispose();
    }
}
