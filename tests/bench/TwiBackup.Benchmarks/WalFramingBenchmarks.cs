using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using TwiBackup.Postgres.Replication;

namespace TwiBackup.Benchmarks;

/// <summary>16 MiB of WAL as a walsender sends it, cut into messages: by commits of some hundred bytes, and in bulk.</summary>
[MemoryDiagnoser]
public class WalFramingBenchmarks
{
    private const int Length = 16 << 20;

    // Type and length, then 'w', start, end and time.
    private const int Header = 5 + 25;

    private byte[] _sent = [];

    [Params(300, 128 << 10)]
    public int PieceSize { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var pieces = Length / PieceSize;
        _sent = new byte[pieces * (Header + PieceSize)];
        for (var i = 0; i < pieces; i++)
        {
            var message = _sent.AsSpan(i * (Header + PieceSize));
            message[0] = (byte)'d';
            BinaryPrimitives.WriteInt32BigEndian(message[1..], Header - 1 + PieceSize);
            message[5] = (byte)'w';
        }
    }

    [Benchmark]
    public async Task<long> Read()
    {
        var reader = new WireReader(new MemoryStream(_sent), "sample");
        var left = _sent.Length;
        var length = 0L;
        while (left > 0)
        {
            var message = await reader.ReadAsync(CancellationToken.None);
            left -= 5 + message.Body.Length;
            length += message.Body.Length;
        }

        return length;
    }
}
