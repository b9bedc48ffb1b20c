using BenchmarkDotNet.Attributes;
using TwiBackup.Sealing;

namespace TwiBackup.Benchmarks;

/// <summary>zstd and age, both ways, of 32 MiB.</summary>
[MemoryDiagnoser]
public class SealingBenchmarks
{
    private const int Length = 32 << 20;

    private readonly AgeIdentity _identity = AgeIdentity.Generate();
    private byte[] _plain = [];
    private byte[] _sealed = [];

    [GlobalSetup]
    public async Task SetUp()
    {
        _plain = Samples.Rows(Length);
        _sealed = await SealAsync(new SealOptions(Workers: 2));
    }

    /// <summary>A volume of a base backup.</summary>
    [Benchmark]
    [Arguments(1)]
    [Arguments(2)]
    public Task<byte[]> Seal(int workers) => SealAsync(new SealOptions(Workers: workers, HashPlaintext: false));

    /// <summary>Two segments of WAL, which are in memory.</summary>
    [Benchmark]
    public async Task<long> SealMemory()
    {
        using var sink = new MemoryStream(Length);
        await MemorySealer.SealAsync(sink, [_identity.Recipient], _plain, [], default, new SealOptions(Level: 1), CancellationToken.None);
        return sink.Length;
    }

    [Benchmark]
    public async Task<long> Unseal()
    {
        await using var unsealing = new UnsealingStream(new MemoryStream(_sealed), [_identity], "sample");
        var buffer = new byte[1 << 20];
        var length = 0L;
        for (int read; (read = await unsealing.ReadAsync(buffer)) > 0;)
            length += read;
        return length;
    }

    private async Task<byte[]> SealAsync(SealOptions options)
    {
        using var sink = new MemoryStream(Length);
        await using var sealing = new SealingStream(sink, [_identity.Recipient], options);
        await sealing.WriteAsync(_plain);
        await sealing.CompleteAsync(default, CancellationToken.None);
        return sink.ToArray();
    }
}
