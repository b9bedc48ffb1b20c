namespace TwiBackup.Policy.Json;

/// <summary>Reads the section <c>backups</c>.</summary>
internal static class BackupsReader
{
    private const string KeepToAdd = "how long it is kept, such as \"30d\"";
    private const string FilesToAdd = "what is backed up: [ { \"path\": \"/app/.env\" } ]";
    private const string LogsToAdd = "what is archived: [ \"/app/logs/*.log.*\" ]";
    private static readonly TimeSpan ShortestFlush = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ShortestMark = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromHours(1);

    public static BackupsPolicy Read(Section? section, TimeZoneInfo zone, SectionContext context)
    {
        if (section is null)
            return new();
        var policy = new BackupsPolicy
        {
            Full = ReadFull(section.Child("full"), zone),
            Incremental = ReadIncremental(section.Child("incremental"), zone),
            Dump = ReadDump(section.Child("dump"), zone),
            Configuration = ReadConfiguration(section.Child("configuration"), zone, context.Folder),
            Repository = ReadRepository(section.Child("repository"), zone, context.Folder),
            Logs = ReadLogs(section.Child("logs"), zone, context.Folder),
        };
        section.Close();
        return policy;
    }

    private static FullPolicy? ReadFull(Section? section, TimeZoneInfo zone)
    {
        if (section is null)
            return null;
        var policy = new FullPolicy { Schedule = section.Cron("schedule", zone), Keep = ReadKeep(section) };
        policy = policy with
        {
            Level = section.Number("level", 1, 19) ?? policy.Level,
            Workers = section.Number("workers", 1, 64) ?? policy.Workers,
        };
        section.Close();
        return policy;
    }

    private static IncrementalPolicy? ReadIncremental(Section? section, TimeZoneInfo zone)
    {
        if (section is null)
            return null;
        var policy = new IncrementalPolicy { Schedule = section.Cron("schedule", zone), Keep = ReadKeep(section) };
        policy = policy with
        {
            FlushInterval = section.Duration("flushInterval", null, ShortestFlush, LongestInterval) ?? policy.FlushInterval,
            MarkInterval = section.Duration("markInterval", null, ShortestMark, LongestInterval) ?? policy.MarkInterval,
        };
        section.Close();
        return policy;
    }

    private static DumpPolicy? ReadDump(Section? section, TimeZoneInfo zone)
    {
        if (section is null)
            return null;
        var policy = new DumpPolicy { Schedule = section.Cron("schedule", zone), Keep = ReadKeep(section) };
        policy = policy with { LockTimeout = section.Duration("lockTimeout", null, ShortestWait, LongestInterval) ?? policy.LockTimeout };
        section.Close();
        return policy;
    }

    private static ConfigurationPolicy? ReadConfiguration(Section? section, TimeZoneInfo zone, string folder)
    {
        if (section is null)
            return null;
        var policy = new ConfigurationPolicy
        {
            Schedule = section.Cron("schedule", zone, orOnChange: true),
            Keep = ReadKeep(section),
            Paths = [.. section.Children("paths", FilesToAdd).Select(path => ReadPath(path, folder))],
        };
        if (section.Has("paths") && policy.Paths.Count == 0)
            section.Wrong("paths", "there is nothing to back up; add { \"path\": \"/app/.env\" }");
        section.Close();
        return policy;
    }

    private static ConfigurationPath ReadPath(Section section, string folder)
    {
        var path = section.Text("path", "the file's or folder's path");
        var policy = new ConfigurationPath(
            path is null ? "" : Path.GetFullPath(section.Plain("path", path), folder),
            section.Flag("required", otherwise: true));
        section.Close();
        return policy;
    }

    private static RepositoryPolicy? ReadRepository(Section? section, TimeZoneInfo zone, string folder)
    {
        if (section is null)
            return null;
        var policy = new RepositoryPolicy
        {
            Schedule = section.Cron("schedule", zone),
            Keep = ReadKeep(section),
            Source = ReadSource(section, folder),
            TokenSecret = section.Secret("tokenSecret", folder),
        };
        section.Close();
        return policy;
    }

    private static string ReadSource(Section section, string folder)
    {
        if (section.Text("source", "what git clones: a URL or a folder") is not { } source)
            return "";
        // Git takes no query; what stands in one may be a token, and would stand on git's command line.
        if (SecretForm.HasCredentials(source) || Uri.TryCreate(source, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Query.Length > 0)
            section.Wrong("source", "there is a name or token in this URL; take it out, name the token in tokenSecret as env:NAME or "
                + "file:PATH, and change it, as it was written down");
        else if (source.StartsWith('-') || source.Contains("::", StringComparison.Ordinal) || source.Any(char.IsControl))
            section.Wrong("source", "git would take this for an option or a helper program; write an https, ssh or file URL, or a folder");
        return source.Contains(':', StringComparison.Ordinal) ? source : Path.GetFullPath(source, folder);
    }

    private static LogsPolicy? ReadLogs(Section? section, TimeZoneInfo zone, string folder)
    {
        if (section is null)
            return null;
        var policy = new LogsPolicy
        {
            Schedule = section.Cron("schedule", zone),
            Keep = ReadKeep(section),
            Paths = [.. section.Texts("paths", LogsToAdd).Select(item => Path.GetFullPath(section.Plain("paths", item.Text), folder))],
        };
        if (section.Has("paths") && policy.Paths.Count == 0)
            section.Wrong("paths", "there is nothing to archive; add a path such as \"/app/logs/*.log.*\"");
        section.Close();
        return policy;
    }

    private static TimeSpan ReadKeep(Section section) => section.Duration("keep", KeepToAdd) ?? TimeSpan.FromDays(1);
}
