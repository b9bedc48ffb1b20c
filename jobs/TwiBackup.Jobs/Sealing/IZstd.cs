using ZstdSharp;
using ZstdSharp.Unsafe;

namespace TwiBackup.Sealing;

/// <summary>
/// What is used of libzstd (<see href="https://facebook.github.io/zstd/zstd_manual.html">its manual</see>): contexts are the library's
/// own, results are checked with <see cref="Check"/>.
/// </summary>
internal unsafe interface IZstd
{
    /// <summary>The machine's own library where there is one, since it takes two thirds of the time of its port to C#; else that.</summary>
    static IZstd Best { get; } = NativeZstd.TryLoad() ?? (IZstd)PortedZstd.Instance;

    /// <summary>Which one it is, with its version.</summary>
    string Name { get; }

    /// <summary>Zero when there is no memory.</summary>
    nint CreateCompressor();

    void FreeCompressor(nint context);

    /// <summary>Compresses all of the source into one frame that names its content's size and has no checksum.</summary>
    nuint Compress(nint context, byte* destination, nuint capacity, byte* source, nuint length, int level);

    /// <summary>Zero when there is no memory.</summary>
    nint CreateInflater();

    void FreeInflater(nint context);

    nuint LimitWindow(nint context, int log);

    nuint Inflate(nint context, ZSTD_outBuffer_s* output, ZSTD_inBuffer_s* input);

    bool IsError(nuint result);

    ZSTD_ErrorCode ErrorCode(nuint result);

    string ErrorName(nuint result);

    /// <summary>Gives back what is no error.</summary>
    /// <exception cref="ZstdException">It is one.</exception>
    nuint Check(nuint result) => IsError(result) ? throw new ZstdException(ErrorCode(result), ErrorName(result)) : result;

    /// <summary>Gives back a context.</summary>
    /// <exception cref="ZstdException">There was no memory for one.</exception>
    static nint Made(nint context) =>
        context != 0 ? context : throw new ZstdException(ZSTD_ErrorCode.ZSTD_error_memory_allocation, "no memory for a context");
}
