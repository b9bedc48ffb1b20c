namespace TwiBackup.Stores;

/// <summary>What the file system answers, in the operator's words.</summary>
internal static class FileErrors
{
    public const int ReadOnly = 30;

    private const int NoDevice = 19, InputOutput = 5, TooManyFiles = 24, NoSpace = 28, OverQuota = 122, Stale = 116;
    private const int NotPermitted = 1, Denied = 13;
    private const string NoFolderOfAnother = "An object's key cannot be the folder of another here.";

    public static bool IsFileFailure(Exception failure) => failure is IOException or UnauthorizedAccessException;

    /// <summary>One line: what was being done, on what, what to do next.</summary>
    public static TwiBackupException Explain(Exception failure, string root, string doing)
    {
        if (failure.HResult is Posix.NoEntry || failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return Posix.Status(root) is null
                ? Vanished(root, failure)
                : new TwiBackupException($"{root}: a folder vanished while {doing}. Does somebody else delete there? Try again.", failure);
        }
        var what = failure.HResult switch
        {
            NoSpace => $"{root} has no space left while {doing}. Free or add space there; nothing incomplete is visible in the store.",
            OverQuota => $"{root} is over its disk quota while {doing}. Raise the quota; nothing incomplete is visible in the store.",
            ReadOnly => $"{root} is mounted read-only: {doing} is not possible. Remount it for writing.",
            NotPermitted or Denied => Forbidden(root, doing),
            InputOutput => $"{root} has a disk error while {doing}. Look at the kernel's log (dmesg) and check the disk.",
            TooManyFiles => $"Too many open files while {doing} in {root}. Raise the limit (ulimit -n).",
            Stale or NoDevice => $"{root} is no longer mounted, seen while {doing}. Mount it again.",
            Posix.NotDirectory => $"{root} has a file where a folder is needed while {doing}. {NoFolderOfAnother}",
            Posix.IsDirectory => $"{root} has a folder where an object is to be while {doing}. {NoFolderOfAnother}",
            _ => failure is UnauthorizedAccessException ? Forbidden(root, doing) : $"{root}: {failure.Message.TrimEnd('.')} while {doing}.",
        };
        return new TwiBackupException(what, failure);
    }

    public static TwiBackupException Vanished(string root, Exception? cause = null) =>
        new($"The store's folder {root} does not exist. Mount the disk that holds it, or make it: mkdir -m 700 {root}", cause);

    private static string Forbidden(string root, string doing) =>
        $"{root} does not permit {doing} to user {Environment.UserName}. Give the folder to that user (chown -R), mode 0700.";
}
