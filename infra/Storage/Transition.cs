namespace TwiBackup.Infra.Storage;

/// <summary>A move to a cheaper storage class that is still read at once; classes that must be thawed first would break the RTO.</summary>
/// <param name="Days">The age at which an object moves.</param>
/// <param name="StorageClass">As S3 names it.</param>
/// <param name="LeastBytes">Smaller objects stay.</param>
public sealed record Transition(int Days, string StorageClass, int LeastBytes)
{
    /// <summary>The youngest that S3 moves to an infrequent-access class, and about when nobody asks for an object any more.</summary>
    private const int Age = 30;

    /// <summary>Below this the price of the move itself, by the object, weighs more than the space.</summary>
    private const int Bytes = 1 << 20;

    private const double StandardGigabyteMonth = 0.023;

    /// <summary>
    /// Dollars: a GB a month, a move of 1,000 objects, a GB read; and the days that are paid in any case
    /// (<see href="https://aws.amazon.com/s3/pricing/">prices</see>, us-east-1; other regions keep the proportions).
    /// </summary>
    private static readonly (string Class, double GigabyteMonth, double Moves, double Read, int LeastDays)[] Classes =
    [
        ("STANDARD_IA", 0.0125, 0.01, 0.01, 30),
        ("GLACIER_IR", 0.004, 0.02, 0.03, 90),
    ];

    /// <summary>The move that saves most for an object of <see cref="LeastBytes"/> that is read once in the cheaper class. Null: none
    /// saves anything.</summary>
    /// <param name="lifetimeDays">How long the object exists in all.</param>
    public static Transition? For(int lifetimeDays)
    {
        var best = Classes
            .Select(candidate => (candidate.Class, Saved: Saved(candidate, lifetimeDays - Age)))
            .MaxBy(candidate => candidate.Saved);
        return best.Saved > 0 ? new Transition(Age, best.Class, Bytes) : null;
    }

    /// <summary>Dollars saved on one object of <see cref="Bytes"/> that stays for some days after the move.</summary>
    private static double Saved((string Class, double GigabyteMonth, double Moves, double Read, int LeastDays) to, int days)
    {
        const double Gigabytes = Bytes / 1e9;
        var standard = Gigabytes * StandardGigabyteMonth * Math.Max(days, 0) / 30;
        var moved = (Gigabytes * to.GigabyteMonth * Math.Max(days, to.LeastDays) / 30) + (to.Moves / 1000) + (Gigabytes * to.Read);
        return standard - moved;
    }
}
