using ZstdSharp.Unsafe;

namespace TwiBackup.Sealing;

/// <summary>
/// libzstd's streaming decoder, one frame at a time. (ZstdSharp's own decompressor runs on behind a frame's end, so that it can't be seen
/// what follows the last one.)
/// </summary>
internal sealed unsafe class ZstdInflater : IDisposable
{
    private readonly IZstd _zstd;
    private nint _context;

    /// <param name="maxWindowLog">A frame that asks for a window of more than two to this many bytes is refused.</param>
    /// <param name="zstd">Null: <see cref="IZstd.Best"/>.</param>
    public ZstdInflater(int maxWindowLog, IZstd? zstd = null)
    {
        _zstd = zstd ?? IZstd.Best;
        _context = IZstd.Made(_zstd.CreateInflater());
        _zstd.Check(_zstd.LimitWindow(_context, maxWindowLog));
    }

    ~ZstdInflater() => Free();

    /// <summary>Inflates what fits; true when the frame ended and all of it was written.</summary>
    /// <exception cref="ZstdSharp.ZstdException">The frame is malformed, or asks for too large a window.</exception>
    public bool Inflate(ReadOnlySpan<byte> source, Span<byte> destination, out int consumed, out int written)
    {
        ObjectDisposedException.ThrowIf(_context == 0, this);
        fixed (byte* from = source)
        fixed (byte* to = destination)
        {
            var input = new ZSTD_inBuffer_s { src = from, size = (nuint)source.Length };
            var output = new ZSTD_outBuffer_s { dst = to, size = (nuint)destination.Length };
            var left = _zstd.Check(_zstd.Inflate(_context, &output, &input));
            (consumed, written) = ((int)input.pos, (int)output.pos);
            return left == 0;
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_context != 0) _zstd.FreeInflater(_context);
        _context = 0;
    }
}
