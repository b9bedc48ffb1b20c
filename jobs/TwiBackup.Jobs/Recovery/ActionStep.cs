namespace TwiBackup.Recovery;

/// <summary>A step that is done outside of the store by whoever the recovery's options name: provision, deploy, route.</summary>
internal sealed class ActionStep(
    RecoveryStep step, string does, string precondition, string undo, string whyNot, Func<CancellationToken, Task<string>>? action) : IRecoveryStep
{
    public RecoveryStep Step => step;

    public string Does => does;

    public string Precondition => precondition;

    public string Undo => undo;

    public string? WhyNot => action is null ? whyNot : null;

    public async Task<StepOutcome> RunAsync(CancellationToken cancellationToken) => new(await action!(cancellationToken));
}
