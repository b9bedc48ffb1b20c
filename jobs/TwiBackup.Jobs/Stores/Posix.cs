using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TwiBackup.Stores;

/// <summary>
/// The Linux system calls that a durable store needs and .NET has no method for. Failures are <see cref="IOException"/>s whose
/// <see cref="Exception.HResult"/> is the errno, as .NET's own are.
/// </summary>
internal static partial class Posix
{
    public const int NoEntry = 2, Exists = 17, NotDirectory = 20, IsDirectory = 21, NotEmpty = 39;

    private const int Interrupted = 4, WouldBlock = 11;
    private const int ReadOnlyCloseOnExec = 0x80000, LockExclusiveNow = 2 | 4;
    private const int CurrentFolder = -100, DoNotFollow = 0x100, BasicStatus = 0x7ff;

    /// <summary>Makes the entries of a folder durable (<c>fsync(2)</c> of a file does not reach the folder that names it).</summary>
    public static void SyncFolder(string folder)
    {
        using var handle = OpenToRead(folder);
        while (fsync(handle) != 0)
            ThrowUnlessInterrupted(folder);
    }

    /// <summary>Opens a file or a folder, without the lock that .NET would take on it.</summary>
    public static SafeFileHandle OpenToRead(string path)
    {
        var descriptor = open(path, ReadOnlyCloseOnExec);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failure(Marshal.GetLastPInvokeError(), path);
    }

    /// <summary>Gives a file a second name unless that name is taken. Returns 0 or the errno.</summary>
    public static int Link(string existing, string added) => Result(link(existing, added));

    /// <summary>Gives a file another name, in the place of what has that name. Returns 0 or the errno.</summary>
    public static int Rename(string from, string to) => Result(rename(from, to));

    /// <summary>Makes one folder, 0700. Returns 0 or the errno.</summary>
    public static int MakeFolder(string folder) => Result(mkdir(folder, 0x1c0));

    /// <summary>Removes a folder when it is empty. Returns 0 or the errno.</summary>
    public static int RemoveFolder(string folder) => Result(rmdir(folder));

    /// <summary>Removes a file. Returns 0 or the errno.</summary>
    public static int Remove(string file) => Result(unlink(file));

    /// <summary>Takes the lock that ends with the handle, and so with the process, if nobody has it (<c>flock(2)</c>).</summary>
    public static bool TryLock(SafeFileHandle handle, string path)
    {
        while (flock(handle, LockExclusiveNow) != 0)
        {
            if (Marshal.GetLastPInvokeError() == WouldBlock)
                return false;
            ThrowUnlessInterrupted(path);
        }
        return true;
    }

    /// <summary>What lies at a path, links not followed; null when nothing does.</summary>
    public static FileStatus? Status(string path)
    {
        // struct statx (statx(2)) has one layout on every processor, unlike struct stat.
        Span<byte> status = stackalloc byte[256];
        if (statx(CurrentFolder, path, DoNotFollow, BasicStatus, ref MemoryMarshal.GetReference(status)) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            return errno is NoEntry or NotDirectory ? null : throw Failure(errno, path);
        }
        var seconds = BinaryPrimitives.ReadInt64LittleEndian(status[112..]);
        var nanoseconds = BinaryPrimitives.ReadUInt32LittleEndian(status[120..]);
        return new FileStatus(
            (BinaryPrimitives.ReadUInt16LittleEndian(status[28..]) & 0xf000) switch
            {
                0x8000 => FileKind.File,
                0x4000 => FileKind.Folder,
                _ => FileKind.Other,
            },
            BinaryPrimitives.ReadInt64LittleEndian(status[40..]),
            DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick),
            (BinaryPrimitives.ReadUInt64LittleEndian(status[32..]), BinaryPrimitives.ReadUInt64LittleEndian(status[136..])));
    }

    public static IOException Failure(int errno, string path) => new($"{Marshal.GetPInvokeErrorMessage(errno)}: {path}", errno);

    private static int Result(int result) => result == 0 ? 0 : Marshal.GetLastPInvokeError();

    private static void ThrowUnlessInterrupted(string path)
    {
        if (Marshal.GetLastPInvokeError() is var errno and not Interrupted)
            throw Failure(errno, path);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string existing, string added);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string from, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rmdir(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, ref byte status);
}
