using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TwiBackup.Database;

/// <summary>
/// Writing past the page cache (<c>O_DIRECT</c>). A restore writes each byte once and recovery reads few of them: copying all of them
/// into the page cache took longer than inflating them.
/// </summary>
internal static partial class DirectIo
{
    /// <summary>What buffers, offsets and lengths must be multiples of; enough for every disk.</summary>
    public const int Alignment = 4096;

    private const int SetFlags = 4; // F_SETFL

    private static readonly int Direct = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;

    /// <summary>Writes of this file go past the page cache from now on. False: its file system has no such thing.</summary>
    public static bool TryEnable(SafeFileHandle file) => SetStatusFlags(file, SetFlags, Direct) == 0;

    /// <summary>Writes of this file go through the page cache again.</summary>
    public static void Disable(SafeFileHandle file) => _ = SetStatusFlags(file, SetFlags, 0);

    /// <summary>Memory that such writes can be made from.</summary>
    public static Memory<byte> AllocateBuffer(int length)
    {
        var array = GC.AllocateUninitializedArray<byte>(length + Alignment, pinned: true);
        var over = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) % Alignment);
        return array.AsMemory((Alignment - over) % Alignment, length);
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int SetStatusFlags(SafeFileHandle file, int command, int flags);
}
