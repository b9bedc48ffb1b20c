namespace TwiBackup.Verification.Live;

/// <summary>What a question to the running system brought.</summary>
/// <param name="Passed">Whether it is as it must be; null: it was not asked, and <paramref name="Detail"/> says why.</param>
/// <param name="Detail">One line, never a secret.</param>
public sealed record Answer(bool? Passed, string Detail)
{
    public static Answer Good(string detail) => new(true, detail);

    public static Answer Bad(string detail) => new(false, detail);

    public static Answer NotAsked(string why) => new(null, why);

    /// <summary>Good with one text, or bad with another.</summary>
    public static Answer Of(bool passed, string good, string bad) => passed ? Good(good) : Bad(bad);
}
