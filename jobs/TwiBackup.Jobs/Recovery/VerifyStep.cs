using System.Globalization;

namespace TwiBackup.Recovery;

/// <summary>Asks the recovered system whether it works. A failed check stops the recovery before clients are led to the system.</summary>
internal sealed class VerifyStep(RecoveryContext context, RecoveryOptions options) : IRecoveryStep
{
    public RecoveryStep Step => RecoveryStep.Verify;

    public string Does => "ask the system whether it works";

    public string Precondition => "the database is open and the application started";

    public string Undo => "nothing is changed";

    public string? WhyNot => options.Actions.Verify is null ? "nothing is named to be asked" : null;

    public async Task<StepOutcome> RunAsync(CancellationToken cancellationToken)
    {
        var checks = await options.Actions.Verify!(cancellationToken);
        var failed = checks.Where(c => !c.Passed).ToList();
        foreach (var check in failed)
            context.Progress.Warn($"{check.Name}: {check.Detail}");
        context.Checks.Clear();
        context.Checks.AddRange(checks);
        if (failed.Count > 0)
            throw new TwiBackupException(
                $"{failed.Count} of {checks.Count} checks failed, the first is {failed[0].Name}: {failed[0].Detail.TrimEnd('.')}. Nobody was led to this system. Repair it and go on, or go on without with --skip verify.");
        return new StepOutcome($"{checks.Count} checks passed.")
        {
            Facts = new Dictionary<string, string> { ["passed"] = checks.Count.ToString(CultureInfo.InvariantCulture) },
            Lines = [.. checks.Select(c => $"{c.Name}: {c.Detail}")],
        };
    }
}
