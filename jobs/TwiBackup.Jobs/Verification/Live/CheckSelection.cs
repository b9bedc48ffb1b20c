namespace TwiBackup.Verification.Live;

/// <summary>Which checks are asked: those named, or all but those named. A name is a check's, or its group's.</summary>
public sealed record CheckSelection(IReadOnlyList<string> Only, IReadOnlyList<string> Skip)
{
    public static CheckSelection All { get; } = new([], []);

    /// <summary>Whether some are left out.</summary>
    public bool IsPart => Only.Count + Skip.Count > 0;

    /// <summary>Those to ask.</summary>
    /// <exception cref="TwiBackupException">A name is none of them, or nothing is left; wrong use.</exception>
    public IReadOnlyList<SystemCheck> Of(IReadOnlyList<SystemCheck> checks)
    {
        var unknown = Only.Concat(Skip).Where(name => !checks.Any(check => Is(check, name))).ToList();
        if (unknown.Count > 0)
            throw new TwiBackupException(
                ExitCode.WrongUse,
                $"There is no check {string.Join(", ", unknown)}. There are {string.Join(", ", checks.Select(check => check.Name))}; "
                + "the word before the slash names all of its group.");
        var left = checks
            .Where(check => (Only.Count == 0 || Only.Any(name => Is(check, name))) && !Skip.Any(name => Is(check, name)))
            .ToList();
        return left.Count > 0 ? left : throw new TwiBackupException(ExitCode.WrongUse, "With these --only and --skip nothing is asked.");
    }

    public override string ToString() =>
        string.Join(", ", (Only.Count == 0 ? [] : new[] { $"only {string.Join(", ", Only)}" })
            .Concat(Skip.Count == 0 ? [] : [$"without {string.Join(", ", Skip)}"]));

    private static bool Is(SystemCheck check, string name) => check.Name == name || check.Group == name;
}
