using System.Globalization;
using System.Text.Json;
using TwiBackup.Progress;

namespace TwiBackup.Scheduling;

/// <summary>
/// What a running scheduler says of itself, again and again, in one small file of its state folder: whoever watches the process (a container
/// engine, a person) reads it with <c>twibackup schedule --health</c>. Whether the promises are kept is another question: that of <c>status
/// --check</c>.
/// </summary>
internal sealed record ScheduleHealth
{
    /// <summary>How often it is written.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>What is older was left by a scheduler that hangs or is gone.</summary>
    public static readonly TimeSpan Oldest = TimeSpan.FromMinutes(1);

    /// <summary>The scheduler looks at its clock at least every 30 s.</summary>
    public static readonly TimeSpan OldestLook = TimeSpan.FromMinutes(2);

    /// <summary>A database that restarts is no reason to call the scheduler ill.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);

    public required string System { get; init; }

    /// <summary>When this was written.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When the loop that starts jobs last went round.</summary>
    public required DateTimeOffset LookedAt { get; init; }

    /// <summary>Since when no WAL is received; null: it is, or the policy wants none.</summary>
    public DateTimeOffset? NoWalSince { get; init; }

    /// <summary>WAL that the server has and the store has not.</summary>
    public ulong? LagBytes { get; init; }

    /// <summary>Jobs that run now.</summary>
    public IReadOnlyList<string> Running { get; init; } = [];

    /// <summary>What is wrong, in one line; null: nothing.</summary>
    public string? ProblemAt(DateTimeOffset now)
    {
        if (now - At > Oldest)
            return $"the scheduler of {System} hangs or is gone: it last showed itself {Sizes.Text(now - At)} ago; see its log, and start it again";
        if (now - LookedAt > OldestLook)
            return $"the scheduler of {System} has not looked for jobs that are due for {Sizes.Text(now - LookedAt)}; start it again";
        return NoWalSince is { } since && now - since > Grace
            ? $"no WAL of {System} is received for {Sizes.Text(now - since)}: whatever is written to the database meanwhile is lost with it; its log says why"
            : null;
    }

    /// <summary>How it stands when nothing is wrong.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{System}: {(LagBytes is { } lag ? $"WAL is received, {Sizes.Text((long)Math.Min(lag, long.MaxValue))} behind" : NoWalSince is null ? "no WAL to receive" : "WAL is not received yet")}; {(Running.Count == 0 ? "no job runs" : $"running: {string.Join(", ", Running)}")}");

    /// <summary>Replaces the file at once; where the folder can't be written to, nothing.</summary>
    public void Write(string folder)
    {
        var path = PathOf(folder, System);
        var temporary = $"{path}.{Environment.ProcessId}";
        try
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using (var file = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
                JsonSerializer.Serialize(file, this, ScheduleHealthJson.Default.ScheduleHealth);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The scheduler said at its start that the folder can't be used; whoever asks is told that nothing is known.
        }
    }

    /// <summary>A scheduler that ends leaves nothing behind.</summary>
    public static void Remove(string folder, string system)
    {
        try
        {
            File.Delete(PathOf(folder, system));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What stays grows old.
        }
    }

    /// <summary>What the scheduler of this machine said last; the newest where there are several. Null: none runs, or it can say nothing.</summary>
    public static ScheduleHealth? Read(string folder)
    {
        try
        {
            return Directory.Exists(folder)
                ? Directory.EnumerateFiles(folder, "schedule-*.health.json").Select(ReadFile).OfType<ScheduleHealth>().MaxBy(h => h.At)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TwiBackupException($"{folder} can't be read: {e.Message} Ask as the account that the scheduler runs as.", e);
        }
    }

    private static ScheduleHealth? ReadFile(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ScheduleHealthJson.Default.ScheduleHealth);
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException)
        {
            return null;
        }
    }

    private static string PathOf(string folder, string system) => Path.Combine(folder, $"schedule-{system}.health.json");
}
