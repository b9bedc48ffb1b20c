using ZstdSharp.Unsafe;

namespace TwiBackup.Sealing;

/// <summary>libzstd's port to C#, which is everywhere that this program is.</summary>
internal sealed unsafe class PortedZstd : IZstd
{
    private PortedZstd()
    {
    }

    public static PortedZstd Instance { get; } = new();

    public string Name => $"ZstdSharp {Methods.ZSTD_versionString()}";

    public nint CreateCompressor() => (nint)Methods.ZSTD_createCCtx();

    public void FreeCompressor(nint context) => Methods.ZSTD_freeCCtx((ZSTD_CCtx_s*)context);

    public nuint Compress(nint context, byte* destination, nuint capacity, byte* source, nuint length, int level) =>
        Methods.ZSTD_compressCCtx((ZSTD_CCtx_s*)context, destination, capacity, source, length, level);

    public nint CreateInflater() => (nint)Methods.ZSTD_createDCtx();

    public void FreeInflater(nint context) => Methods.ZSTD_freeDCtx((ZSTD_DCtx_s*)context);

    public nuint LimitWindow(nint context, int log) =>
        Methods.ZSTD_DCtx_setParameter((ZSTD_DCtx_s*)context, ZSTD_dParameter.ZSTD_d_windowLogMax, log);

    public nuint Inflate(nint context, ZSTD_outBuffer_s* output, ZSTD_inBuffer_s* input) =>
        Methods.ZSTD_decompressStream((ZSTD_DCtx_s*)context, output, input);

    public bool IsError(nuint result) => Methods.ZSTD_isError(result);

    public ZSTD_ErrorCode ErrorCode(nuint result) => Methods.ZSTD_getErrorCode(result);

    public string ErrorName(nuint result) => Methods.ZSTD_getErrorName(result);
}
