using ZstdSharp;
using ZstdSharp.Unsafe;

namespace TwiBackup.Sealing;

/// <summary>
/// libzstd's streaming decoder, one frame at a time. (ZstdSharp's own <see cref="Decompressor"/> runs on behind a frame's end, so that it
/// can't be seen what follows the last one.)
/// </summary>
internal sealed unsafe class ZstdInflater : IDisposable
{
    private ZSTD_DCtx_s* _context;

    /// <param name="maxWindowLog">A frame that asks for a window of more than two to this many bytes is refused.</param>
    public ZstdInflater(int maxWindowLog)
    {
        _context = Methods.ZSTD_createDCtx();
        if (_context == null) throw new ZstdException(ZSTD_ErrorCode.ZSTD_error_memory_allocation, "no memory for a context");
        Checked(Methods.ZSTD_DCtx_setParameter(_context, ZSTD_dParameter.ZSTD_d_windowLogMax, maxWindowLog));
    }

    ~ZstdInflater() => Free();

    /// <summary>Inflates what fits; true when the frame ended and all of it was written.</summary>
    /// <exception cref="ZstdException">The frame is malformed, or asks for too large a window.</exception>
    public bool Inflate(ReadOnlySpan<byte> source, Span<byte> destination, out int consumed, out int written)
    {
        ObjectDisposedException.ThrowIf(_context == null, this);
        fixed (byte* from = source)
        fixed (byte* to = destination)
        {
            var input = new ZSTD_inBuffer_s { src = from, size = (nuint)source.Length };
            var output = new ZSTD_outBuffer_s { dst = to, size = (nuint)destination.Length };
            var left = Checked(Methods.ZSTD_decompressStream(_context, &output, &input));
            (consumed, written) = ((int)input.pos, (int)output.pos);
            return left == 0;
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static nuint Checked(nuint result) =>
        Methods.ZSTD_isError(result)
            ? throw new ZstdException(Methods.ZSTD_getErrorCode(result), Methods.ZSTD_getErrorName(result))
            : result;

    private void Free()
    {
        if (_context != null) Methods.ZSTD_freeDCtx(_context);
        _context = null;
    }
}
