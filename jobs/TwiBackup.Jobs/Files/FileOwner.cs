using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TwiBackup.Files;

/// <summary>Who we are, and giving files to others, which only root can.</summary>
internal static partial class FileOwner
{
    /// <summary>The uid that this process acts as.</summary>
    public static readonly uint Self = GetEffectiveUserId();

    public static bool CanGive => Self == 0;

    /// <summary>Owner, then mode (which changing the owner cuts), then time. Owners are left when we are not root.</summary>
    public static void Dress(SafeFileHandle file, string path, (uint User, uint Group) owner, int mode, DateTimeOffset? modified)
    {
        if (CanGive)
            Require(FileCalls.SetOwner(file, owner.User, owner.Group), path);
        Require(FileCalls.SetMode(file, mode), path);
        if (modified is { } time)
            Require(FileCalls.SetModified(file, time), path);
    }

    /// <summary>
    /// Gives a folder and everything below it to an account. Links are given, not followed, and .NET's own recursion follows them.
    /// </summary>
    public static void GiveTree(string path, (uint User, uint Group) owner)
    {
        Require(FileCalls.SetLinkOwner(FileCalls.Anywhere, path, owner.User, owner.Group), path);
        if (FileCalls.Facts(path) is not { Kind: FileEntryKind.Folder })
            return;
        foreach (var child in Directory.EnumerateFileSystemEntries(path))
            GiveTree(child, owner);
    }

    public static void Require(int errno, string path)
    {
        if (errno != 0)
            throw FileCalls.Failure(errno, path);
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();
}
