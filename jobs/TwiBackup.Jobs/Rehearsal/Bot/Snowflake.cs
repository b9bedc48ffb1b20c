namespace TwiBackup.Rehearsal.Bot;

/// <summary>
/// Ids as Discord makes them: milliseconds since 2015-01-01 UTC in the upper 42 bits
/// (<see href="https://discord.com/developers/docs/reference#snowflakes">snowflakes</see>). Thread safe.
/// </summary>
internal sealed class Snowflake(TimeProvider clock)
{
    /// <summary>Bits below the milliseconds.</summary>
    public const int LowBits = 22;

    public static readonly DateTime Epoch = new(2015, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);

    private readonly Lock _gate = new();
    private long _last;

    /// <summary>A new id, larger than every one before.</summary>
    public long Next()
    {
        var now = (long)(clock.GetUtcNow().UtcDateTime - Epoch).TotalMilliseconds << LowBits;
        lock (_gate)
        {
            _last = Math.Max(_last + 1, now);
            return _last;
        }
    }

    /// <summary>When the id was made, UTC, to the millisecond; of the kind that <c>timestamp</c> columns take.</summary>
    public static DateTime TimeOf(long id) => Epoch.AddMilliseconds(id >> LowBits);
}
