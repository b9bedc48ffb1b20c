using System.Globalization;

namespace TwiBackup.Files;

/// <summary>
/// Which files some process has open for writing, as <c>/proc/&lt;pid&gt;/fd</c> and <c>fdinfo</c> tell (<c>proc(5)</c>). Processes of
/// other users are seen by root only, and those of other containers not at all: the other signs of a log still written hold there.
/// </summary>
internal static class OpenFiles
{
    private const int AccessMode = 3;

    /// <summary>The files open for writing now, this process's own excepted.</summary>
    public static HashSet<FileIdentity> ForWriting()
    {
        var open = new HashSet<FileIdentity>();
        var self = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            var name = Path.GetFileName(process);
            if (name != self && char.IsAsciiDigit(name[0]))
                Add(process, open);
        }

        return open;
    }

    private static void Add(string process, HashSet<FileIdentity> open)
    {
        try
        {
            foreach (var descriptor in Directory.EnumerateFileSystemEntries($"{process}/fd"))
            {
                // The link leads to the very file, also when that has another name by now.
                if (IsForWriting($"{process}/fdinfo/{Path.GetFileName(descriptor)}")
                    && FileCalls.FactsThrough(descriptor) is { Kind: FileEntryKind.File } facts)
                    open.Add(facts.Identity);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is not ours to look at.
        }
    }

    private static bool IsForWriting(string info)
    {
        try
        {
            foreach (var line in File.ReadLines(info))
            {
                if (line.StartsWith("flags:", StringComparison.Ordinal))
                    return (Convert.ToInt64(line["flags:".Length..].Trim(), 8) & AccessMode) != 0;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // Closed meanwhile.
        }

        return false;
    }
}
