using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace TwiBackup.Tests.Stores;

/// <summary>Breaks requests to an S3 server by chance, in every way of <see cref="FaultKind"/>.</summary>
/// <param name="seed">The same storm again, as far as requests come in the same order.</param>
/// <param name="rate">How many of all requests are broken, 0 to 1.</param>
/// <param name="kinds">In which ways; none: in all.</param>
public sealed class FaultStorm(int seed, double rate, params FaultKind[] kinds)
{
    private static readonly FaultKind[] All = Enum.GetValues<FaultKind>();

    private readonly Random _random = new(seed);
    private readonly ConcurrentDictionary<FaultKind, int> _struck = new();

    /// <summary>How many were broken, by kind; those whose answer had no place for the fault are not among them.</summary>
    public IReadOnlyDictionary<FaultKind, int> Struck => _struck;

    /// <summary>How many were broken.</summary>
    public int Count => _struck.Values.Sum();

    /// <summary>What happens to the next request; null: nothing.</summary>
    public FaultStrike? Next()
    {
        lock (_random)
        {
            if (_random.NextDouble() >= rate)
                return null;
            var among = kinds.Length == 0 ? All : kinds;
            var kind = among[_random.Next(among.Length)];
            return new FaultStrike(kind, _random.Next(), () => _struck.AddOrUpdate(kind, 1, (_, count) => count + 1));
        }
    }
}

/// <summary>Ways in which a request fails.</summary>
public enum FaultKind
{
    /// <summary>500, and the server never saw the request.</summary>
    Refused,

    /// <summary>503 SlowDown, and the server never saw the request.</summary>
    Busy,

    /// <summary>500, though the server did what it was asked.</summary>
    DoneButRefused,

    /// <summary>The connection is reset before the server saw the request.</summary>
    ResetBefore,

    /// <summary>The connection is reset before the answer's first byte.</summary>
    AnswerLost,

    /// <summary>The connection is reset within the answer's header.</summary>
    ResetInHeader,

    /// <summary>The connection is reset within the answer's body, if it has a long one.</summary>
    ResetInBody,

    /// <summary>No answer comes, and the connection stays open.</summary>
    Silent,

    /// <summary>The answer stops in the middle, and the connection stays open.</summary>
    SilentInBody,

    /// <summary>The answer comes byte by byte, each long after the one before.</summary>
    Crawls,

    /// <summary>The answer names more bytes than it has.</summary>
    LengthTooLong,

    /// <summary>The answer names fewer bytes than it has.</summary>
    LengthTooShort,
}

/// <summary>One request's fate.</summary>
public sealed class FaultStrike(FaultKind kind, int chance, Action landed)
{
    public static readonly TimeSpan CrawlPause = TimeSpan.FromMilliseconds(100);

    private bool _landed;

    public bool BeforeServer => kind is FaultKind.Refused or FaultKind.Busy or FaultKind.ResetBefore;

    /// <summary>Instead of passing the request on.</summary>
    public async Task Happens(Socket client, Socket server, CancellationToken cancellationToken)
    {
        Land();
        if (kind == FaultKind.ResetBefore)
            Reset(client);
        else
            await AnswerAsync(client, kind == FaultKind.Busy ? S3Faults.Busy : S3Faults.Xml("500 Internal Server Error", "<Error><Code>InternalError</Code></Error>"), cancellationToken);
        Reset(server);
        throw new OperationCanceledException("broken by the storm");
    }

    /// <summary>With a piece of the answer; returns what is passed on of it.</summary>
    public async Task<Memory<byte>> AnswerAsync(Socket client, Socket server, long before, Memory<byte> bytes, CancellationToken cancellationToken)
    {
        switch (kind)
        {
            case FaultKind.DoneButRefused:
                Land();
                await AnswerAsync(client, S3Faults.Xml("500 Internal Server Error", "<Error><Code>InternalError</Code></Error>"), cancellationToken);
                Reset(server);
                throw new OperationCanceledException("broken by the storm");
            case FaultKind.AnswerLost:
                return await StopAsync(0);
            case FaultKind.ResetInHeader:
                return await StopAsync(1 + (chance % 60));
            case FaultKind.ResetInBody or FaultKind.SilentInBody:
                return await StopAsync(1000 + (chance % 100_000));
            case FaultKind.Silent:
                Land();
                await Task.Delay(Timeout.Infinite, cancellationToken);
                break;
            case FaultKind.Crawls:
                Land();
                for (var i = 0; i < bytes.Length; i++)
                {
                    await client.SendAsync(bytes.Slice(i, 1), cancellationToken);
                    await Task.Delay(CrawlPause, cancellationToken);
                }

                return Memory<byte>.Empty;
            case FaultKind.LengthTooLong when before == 0:
                return ChangeLength(bytes, 7);
            case FaultKind.LengthTooShort when before == 0:
                return ChangeLength(bytes, -7);
        }

        return bytes;

        async Task<Memory<byte>> StopAsync(long at)
        {
            if (before + bytes.Length <= at)
                return bytes;
            Land();
            await client.SendAsync(bytes[..(int)(at - before)], cancellationToken);
            if (kind == FaultKind.SilentInBody)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            Reset(client);
            Reset(server);
            throw new OperationCanceledException("broken by the storm");
        }
    }

    /// <summary>A header that comes in one piece gets a length that is not the body's.</summary>
    private Memory<byte> ChangeLength(Memory<byte> bytes, int by)
    {
        const string Name = "\r\nContent-Length: ";
        var text = Encoding.Latin1.GetString(bytes.Span);
        var at = text.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        var end = at < 0 ? -1 : text.IndexOf("\r\n", at + Name.Length, StringComparison.Ordinal);
        if (end < 0 || !long.TryParse(text.AsSpan(at + Name.Length, end - at - Name.Length), out var length) || length + by < 0)
            return bytes;
        Land();
        return Encoding.Latin1.GetBytes(text[..(at + Name.Length)] + (length + by) + text[end..]);
    }

    private void Land()
    {
        if (!_landed)
            landed();
        _landed = true;
    }

    private static async Task AnswerAsync(Socket client, string text, CancellationToken cancellationToken)
    {
        await client.SendAsync(Encoding.ASCII.GetBytes(text), cancellationToken);
        client.Shutdown(SocketShutdown.Send);
        client.Close();
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }
}
