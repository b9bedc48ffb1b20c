using System.Runtime.InteropServices;

namespace TwiBackup.Postgres;

/// <summary>
/// The account that servers run as: ourselves, or, because PostgreSQL refuses root, another one
/// (<see href="https://www.postgresql.org/docs/current/postgres-user.html">19.1</see>).
/// </summary>
/// <param name="Name">The account's name.</param>
/// <param name="UserId">Its uid.</param>
/// <param name="GroupId">Its primary gid.</param>
/// <param name="Home">Its home folder.</param>
/// <param name="IsSelf">Whether it is the one this process runs as.</param>
public sealed partial record ServerAccount(string Name, uint UserId, uint GroupId, string Home, bool IsSelf)
{
    private static readonly Lock _lookup = new();

    /// <summary>Ourselves; when root, <c>TWIBACKUP_PG_USER</c> or <c>postgres</c>. Throws one line when there is no such account.</summary>
    public static ServerAccount Resolve(IReadOnlyDictionary<string, string> environment)
    {
        var self = GetEffectiveUserId();
        if (self != 0)
            return new ServerAccount(
                Environment.UserName, self, GetEffectiveGroupId(), environment.GetValueOrDefault("HOME") ?? "/", IsSelf: true);
        var name = environment.GetValueOrDefault("TWIBACKUP_PG_USER") is { Length: > 0 } chosen ? chosen : "postgres";
        var found = Lookup(name) ?? throw new TwiBackupException(
            ExitCode.WrongUse, $"PostgreSQL does not run as root, and there is no account {name}. Create it (adduser --system {name}) "
                + $"or name another in TWIBACKUP_PG_USER.");
        if (found.UserId == 0)
            throw new TwiBackupException(ExitCode.WrongUse, $"TWIBACKUP_PG_USER names {name}, which is root. Name an account without "
                + $"privileges.");
        return found;
    }

    /// <summary>Gives one file or folder to the account; a link itself, not what it points at. Nothing when it is ourselves.</summary>
    public void Chown(string path)
    {
        if (!IsSelf && ChangeOwner(path, UserId, GroupId) != 0)
            throw new TwiBackupException($"{path} cannot be given to {Name}: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    /// <summary>Gives a folder and everything below it to the account, without following links.</summary>
    public void ChownTree(string path)
    {
        if (IsSelf)
            return;
        Chown(path);
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        foreach (var entry in Directory.EnumerateFileSystemEntries(path, "*", everything))
            Chown(entry);
    }

    /// <summary>A new folder of mode 0700 that belongs to the account, with a short name, under the system's temporary folder.</summary>
    public string CreatePrivateDirectory(string prefix)
    {
        var folder = Directory.CreateTempSubdirectory(prefix).FullName;
        Chown(folder);
        return folder;
    }

    // struct passwd begins alike on Linux and macOS: two pointers, uid, gid; the home folder only on Linux at a place of ours.
    private static ServerAccount? Lookup(string name)
    {
        lock (_lookup)
        {
            var entry = GetPasswordEntry(name);
            if (entry == 0)
                return null;
            var numbers = 2 * nint.Size;
            var home = OperatingSystem.IsLinux() ? Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(entry, numbers + 8 + nint.Size)) : null;
            return new ServerAccount(
                name, (uint)Marshal.ReadInt32(entry, numbers), (uint)Marshal.ReadInt32(entry, numbers + 4),
                home is { Length: > 0 } ? home : "/", IsSelf: false);
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint GetEffectiveGroupId();

    [LibraryImport("libc", EntryPoint = "getpwnam", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetPasswordEntry(string name);

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
