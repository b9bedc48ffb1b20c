using System.Runtime.InteropServices;

namespace TwiBackup.Tests.Attacks.Stores;

/// <summary>Makes every <c>fsync(2)</c> of this process fail from now on, as a disk does that finds out late that it is full (seccomp filter).</summary>
internal static partial class FailingSync
{
    private const int NoSpace = 28;
    private const int NoNewPrivileges = 38;
    private const int SetFilter = 1, AllThreads = 1;
    private const uint Load = 0x20, JumpEqual = 0x15, Return = 0x06;
    private const uint Allow = 0x7fff0000, Fail = 0x00050000;

    // fsync, fdatasync, seccomp.
    private static readonly (uint Sync, uint DataSync, int Seccomp) Numbers =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? (82u, 83u, 277) : (74u, 75u, 317);

    public static void Install()
    {
        Instruction[] filter =
        [
            new(Load, 0, 0, 0),
            new(JumpEqual, 1, 0, Numbers.Sync),
            new(JumpEqual, 0, 1, Numbers.DataSync),
            new(Return, 0, 0, Fail | NoSpace),
            new(Return, 0, 0, Allow),
        ];
        var pinned = GCHandle.Alloc(filter, GCHandleType.Pinned);
        try
        {
            var program = new Program((ushort)filter.Length, pinned.AddrOfPinnedObject());
            if (prctl(NoNewPrivileges, 1, 0, 0, 0) != 0 || syscall(Numbers.Seccomp, SetFilter, AllThreads, ref program) != 0)
                throw new InvalidOperationException($"No seccomp filter: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        finally
        {
            pinned.Free();
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nint first, nint second, nint third, nint fourth);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint operation, nint flags, ref Program program);

    /// <summary>One instruction of the kernel's packet filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Instruction(uint code, byte whenTrue, byte whenFalse, uint value)
    {
        private readonly ushort _code = (ushort)code;
        private readonly byte _whenTrue = whenTrue;
        private readonly byte _whenFalse = whenFalse;
        private readonly uint _value = value;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Program(ushort length, nint filter)
    {
        private readonly ushort _length = length;
        private readonly nint _filter = filter;
    }
}
