using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace TwiBackup.Files;

/// <summary>
/// The Linux calls that name a file by an open folder and one part of a path, so that nothing between can be swapped for a link
/// (<c>openat(2)</c> and its kin). Failures are <see cref="IOException"/>s whose <see cref="Exception.HResult"/> is the errno.
/// </summary>
internal static partial class FileCalls
{
    public const int NotPermitted = 1, NoEntry = 2, NotAFolder = 20, Exists = 17, OtherDevice = 18, TooManyLinks = 40;

    /// <summary>Stands for "relative to the working folder"; with absolute paths it does not matter.</summary>
    public static readonly SafeFileHandle Anywhere = new(-100, ownsHandle: false);

    private const int Write = 1, Create = 0x40, Exclusive = 0x80, NoWait = 0x800, CloseOnExec = 0x80000;
    private const int SymlinkNoFollow = 0x100, EmptyPath = 0x1000, RemoveFolder = 0x200, NoReplace = 1, Status = 0xfff;

    // The two flags whose value differs from processor to processor.
    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    private static int OnlyFolder => IsArm ? 0x4000 : 0x10000;

    private static int NoFollow => IsArm ? 0x8000 : 0x20000;

    /// <summary>Opens a folder, its last part not followed when it is a link. Null with the errno when it can't be.</summary>
    public static SafeFileHandle? TryOpenFolder(SafeFileHandle at, string name, out int errno) =>
        Handle(openat(at, name, OnlyFolder | NoFollow | CloseOnExec, 0), out errno);

    /// <summary>Opens a file for reading; never waits for a pipe, never follows a link in the last part.</summary>
    public static SafeFileHandle? TryOpenRead(string path, out int errno) =>
        Handle(openat(Anywhere, path, NoFollow | NoWait | CloseOnExec, 0), out errno);

    /// <summary>A new file of mode 0600; throws when the name is taken.</summary>
    public static SafeFileHandle CreateFile(SafeFileHandle at, string name) =>
        Handle(openat(at, name, Write | Create | Exclusive | NoFollow | CloseOnExec, 0x180), out var errno) ?? throw Failure(errno, name);

    /// <summary>A new folder of mode 0700. Returns 0 or the errno.</summary>
    public static int MakeFolder(SafeFileHandle at, string name) => Result(mkdirat(at, name, 0x1c0));

    /// <summary>Renames unless the new name is taken. Returns 0 or the errno.</summary>
    public static int Rename(SafeFileHandle at, string from, string to) => Result(renameat2(at, from, at, to, NoReplace));

    /// <summary>Removes a file or link. Returns 0 or the errno.</summary>
    public static int Remove(SafeFileHandle at, string name) => Result(unlinkat(at, name, 0));

    /// <summary>Removes an empty folder. Returns 0 or the errno.</summary>
    public static int RemoveEmptyFolder(SafeFileHandle at, string name) => Result(unlinkat(at, name, RemoveFolder));

    public static int MakeLink(SafeFileHandle at, string name, string target) => Result(symlinkat(target, at, name));

    /// <summary>Gives a file a second name. Returns 0 or the errno.</summary>
    public static int MakeHardLink(SafeFileHandle fromFolder, string from, SafeFileHandle toFolder, string to) =>
        Result(linkat(fromFolder, from, toFolder, to, 0));

    /// <summary>The owner of an open file. Returns 0 or the errno.</summary>
    public static int SetOwner(SafeFileHandle file, uint user, uint group) => Result(fchown(file, user, group));

    /// <summary>The owner of a link itself. Returns 0 or the errno.</summary>
    public static int SetLinkOwner(SafeFileHandle at, string name, uint user, uint group) =>
        Result(fchownat(at, name, user, group, SymlinkNoFollow));

    /// <summary>The time of the last write of an open file or folder; that of the last read stays.</summary>
    public static int SetModified(SafeFileHandle file, DateTimeOffset time)
    {
        const long omit = (1L << 30) - 2;
        var seconds = time.ToUnixTimeSeconds();
        ReadOnlySpan<long> times = [0, omit, seconds, (time - DateTimeOffset.FromUnixTimeSeconds(seconds)).Ticks * 100];
        return Result(futimens(file, in MemoryMarshal.GetReference(times)));
    }

    public static int SetMode(SafeFileHandle file, int mode) => Result(fchmod(file, (uint)mode));

    public static void Sync(SafeFileHandle file, string name)
    {
        if (fsync(file) != 0)
            throw Failure(Marshal.GetLastPInvokeError(), name);
    }

    /// <summary>What a name is, links not followed; null when nothing has it.</summary>
    public static FileFacts? Facts(SafeFileHandle at, string name) => Ask(at, name, name.Length == 0 ? EmptyPath : SymlinkNoFollow);

    /// <summary>What an absolute path leads to, links followed; null when that is nothing.</summary>
    public static FileFacts? FactsThrough(string path) => Ask(Anywhere, path, 0);

    /// <summary>What an open file is.</summary>
    public static FileFacts Facts(SafeFileHandle file) => Facts(file, "") ?? throw new IOException("An open file has no status.");

    /// <summary>What an absolute path is, links not followed; null when nothing is there.</summary>
    public static FileFacts? Facts(string path) => Facts(Anywhere, path);

    /// <summary>Where a link points; throws when it is none.</summary>
    public static string ReadLink(SafeFileHandle at, string name)
    {
        Span<byte> target = stackalloc byte[4096];
        var length = readlinkat(at, name, ref MemoryMarshal.GetReference(target), target.Length);
        return length >= 0 ? Encoding.UTF8.GetString(target[..(int)length]) : throw Failure(Marshal.GetLastPInvokeError(), name);
    }

    public static IOException Failure(int errno, string path) => new($"{Marshal.GetPInvokeErrorMessage(errno)}: {path}", errno);

    private static FileFacts? Ask(SafeFileHandle at, string name, int flags)
    {
        Span<byte> status = stackalloc byte[256];
        if (statx(at, name, flags, Status, ref MemoryMarshal.GetReference(status)) == 0)
            return Parse(status);
        var errno = Marshal.GetLastPInvokeError();
        return errno is NoEntry or NotAFolder ? null : throw Failure(errno, name);
    }

    // struct statx has one layout on every processor.
    private static FileFacts Parse(ReadOnlySpan<byte> status)
    {
        var mode = BinaryPrimitives.ReadUInt16LittleEndian(status[28..]);
        FileEntryKind? kind = (mode & 0xf000) switch
        {
            0x8000 => FileEntryKind.File,
            0x4000 => FileEntryKind.Folder,
            0xa000 => FileEntryKind.Link,
            _ => null,
        };
        return new FileFacts(
            kind, mode & 0xfff,
            BinaryPrimitives.ReadUInt32LittleEndian(status[20..]), BinaryPrimitives.ReadUInt32LittleEndian(status[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(status[16..]), BinaryPrimitives.ReadInt64LittleEndian(status[40..]),
            Time(status[112..]), Time(status[96..]),
            new FileIdentity(
                BinaryPrimitives.ReadUInt64LittleEndian(status[32..]), BinaryPrimitives.ReadUInt64LittleEndian(status[136..])));
    }

    private static DateTimeOffset Time(ReadOnlySpan<byte> field) =>
        DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64LittleEndian(field))
            .AddTicks(BinaryPrimitives.ReadUInt32LittleEndian(field[8..]) / TimeSpan.NanosecondsPerTick);

    private static SafeFileHandle? Handle(int descriptor, out int errno)
    {
        errno = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private static int Result(int result) => result == 0 ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int openat(SafeFileHandle at, string name, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdirat(SafeFileHandle at, string name, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(SafeFileHandle fromFolder, string from, SafeFileHandle toFolder, string to, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlinkat(SafeFileHandle at, string name, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int symlinkat(string target, SafeFileHandle at, string name);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int linkat(SafeFileHandle fromFolder, string from, SafeFileHandle toFolder, string to, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(SafeFileHandle file, uint user, uint group);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int fchownat(SafeFileHandle at, string name, uint user, uint group, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmod(SafeFileHandle file, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int futimens(SafeFileHandle file, in long times);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(SafeFileHandle at, string name, int flags, uint mask, ref byte status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint readlinkat(SafeFileHandle at, string name, ref byte target, nint size);
}
