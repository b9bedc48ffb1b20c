namespace TwiBackup.Sealing;

/// <summary>Compresses into zstd frames, one by one. They name their content's size and carry no checksum. One thread at a time.</summary>
internal sealed unsafe class ZstdCompressor : IDisposable
{
    private readonly IZstd _zstd;
    private readonly int _level;
    private nint _context;

    /// <param name="level">1 to 19.</param>
    /// <param name="zstd">Null: <see cref="IZstd.Best"/>.</param>
    public ZstdCompressor(int level, IZstd? zstd = null)
    {
        (_level, _zstd) = (level, zstd ?? IZstd.Best);
        _context = IZstd.Made(_zstd.CreateCompressor());
    }

    ~ZstdCompressor() => Free();

    /// <summary>The most that content of this length can become (ZSTD_COMPRESSBOUND in zstd.h).</summary>
    public static int Bound(int length) => ZstdSharp.Compressor.GetCompressBound(length);

    /// <summary>Writes one frame and returns its length. <paramref name="destination"/> has room for the <see cref="Bound"/>.</summary>
    /// <exception cref="ZstdSharp.ZstdException">It has not, or there is no memory.</exception>
    public int Compress(ReadOnlySpan<byte> content, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_context == 0, this);
        fixed (byte* from = content)
        fixed (byte* to = destination)
            return (int)_zstd.Check(_zstd.Compress(_context, to, (nuint)destination.Length, from, (nuint)content.Length, _level));
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_context != 0) _zstd.FreeCompressor(_context);
        _context = 0;
    }
}
