using System.Runtime.InteropServices;
using ZstdSharp.Unsafe;

namespace TwiBackup.Sealing;

/// <summary>
/// The machine's libzstd. PostgreSQL's own packages bring it, so it is where the jobs run; only calls of its stable interface are made.
/// </summary>
internal sealed unsafe class NativeZstd : IZstd
{
    /// <summary>1.4.0 made stable what is called here.</summary>
    private const uint Oldest = 10400;

    private static readonly string _file = OperatingSystem.IsMacOS() ? "libzstd.1.dylib" : "libzstd.so.1";

    private readonly delegate* unmanaged<nint> _createCompressor;
    private readonly delegate* unmanaged<nint, nuint> _freeCompressor;
    private readonly delegate* unmanaged<nint, byte*, nuint, byte*, nuint, int, nuint> _compress;
    private readonly delegate* unmanaged<nint> _createInflater;
    private readonly delegate* unmanaged<nint, nuint> _freeInflater;
    private readonly delegate* unmanaged<nint, int, int, nuint> _setInflaterParameter;
    private readonly delegate* unmanaged<nint, ZSTD_outBuffer_s*, ZSTD_inBuffer_s*, nuint> _inflate;
    private readonly delegate* unmanaged<nuint, uint> _isError;
    private readonly delegate* unmanaged<nuint, int> _errorCode;
    private readonly delegate* unmanaged<nuint, nint> _errorName;

    private NativeZstd(nint library)
    {
        nint Export(string name) => NativeLibrary.GetExport(library, name);
        var version = ((delegate* unmanaged<uint>)Export("ZSTD_versionNumber"))();
        if (version < Oldest)
            throw new EntryPointNotFoundException($"{_file} is of version {version}.");
        Name = $"libzstd {version / 10000}.{version / 100 % 100}.{version % 100}";
        _createCompressor = (delegate* unmanaged<nint>)Export("ZSTD_createCCtx");
        _freeCompressor = (delegate* unmanaged<nint, nuint>)Export("ZSTD_freeCCtx");
        _compress = (delegate* unmanaged<nint, byte*, nuint, byte*, nuint, int, nuint>)Export("ZSTD_compressCCtx");
        _createInflater = (delegate* unmanaged<nint>)Export("ZSTD_createDCtx");
        _freeInflater = (delegate* unmanaged<nint, nuint>)Export("ZSTD_freeDCtx");
        _setInflaterParameter = (delegate* unmanaged<nint, int, int, nuint>)Export("ZSTD_DCtx_setParameter");
        _inflate = (delegate* unmanaged<nint, ZSTD_outBuffer_s*, ZSTD_inBuffer_s*, nuint>)Export("ZSTD_decompressStream");
        _isError = (delegate* unmanaged<nuint, uint>)Export("ZSTD_isError");
        _errorCode = (delegate* unmanaged<nuint, int>)Export("ZSTD_getErrorCode");
        _errorName = (delegate* unmanaged<nuint, nint>)Export("ZSTD_getErrorName");
    }

    public string Name { get; }

    /// <summary>Null where there is none, or none that is new enough.</summary>
    public static NativeZstd? TryLoad()
    {
        if (!NativeLibrary.TryLoad(_file, out var library))
            return null;
        try
        {
            return new NativeZstd(library);
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    public nint CreateCompressor() => _createCompressor();

    public void FreeCompressor(nint context) => _freeCompressor(context);

    public nuint Compress(nint context, byte* destination, nuint capacity, byte* source, nuint length, int level) =>
        _compress(context, destination, capacity, source, length, level);

    public nint CreateInflater() => _createInflater();

    public void FreeInflater(nint context) => _freeInflater(context);

    public nuint LimitWindow(nint context, int log) => _setInflaterParameter(context, (int)ZSTD_dParameter.ZSTD_d_windowLogMax, log);

    public nuint Inflate(nint context, ZSTD_outBuffer_s* output, ZSTD_inBuffer_s* input) => _inflate(context, output, input);

    public bool IsError(nuint result) => _isError(result) != 0;

    public ZSTD_ErrorCode ErrorCode(nuint result) => (ZSTD_ErrorCode)_errorCode(result);

    public string ErrorName(nuint result) => Marshal.PtrToStringUTF8(_errorName(result)) ?? "";
}
