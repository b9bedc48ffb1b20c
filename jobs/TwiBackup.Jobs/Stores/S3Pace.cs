namespace TwiBackup.Stores;

/// <summary>
/// Tells a body that comes from one that crawls: a connection that gives a byte now and then is never silent, and a restore that waits for
/// it never ends. Counts only the time for which a byte was waited for, so that a reader may take its time.
/// </summary>
internal sealed class S3Pace(TimeSpan patience)
{
    /// <summary>Below this a connection is given up, and the next may be better.</summary>
    public const int LeastPerSecond = 1 << 10;

    private TimeSpan _waited;
    private long _came;

    /// <summary>False when in a whole patience less came than has to.</summary>
    public bool Keeps(int bytes, TimeSpan waited)
    {
        (_came, _waited) = (_came + bytes, _waited + waited);
        if (_waited < patience)
            return true;
        var kept = _came >= LeastPerSecond * _waited.TotalSeconds;
        (_came, _waited) = (0, TimeSpan.Zero);
        return kept;
    }
}
