namespace TwiBackup.Recovery;

/// <summary>The steps of a recovery, in their order.</summary>
internal static class RecoveryStepList
{
    /// <param name="context">Null: they are only asked what they would do.</param>
    public static IReadOnlyList<IRecoveryStep> Of(RecoveryOptions options, RecoveryContext? context)
    {
        var actions = options.Actions;
        var with = context!;
        return
        [
            new AssessStep(with, options),
            new NotifyStep(with, options),
            new ActionStep(
                RecoveryStep.Provision, options.ContinuesElsewhere ? "make the host on which the rest is done" : "make the place to recover to",
                "what it needs can be reached", "destroy what was made; the policy's command says how",
                "the place is this machine", options.Isolated ? null : actions.Provision),
            new RepositoryStep(with, options),
            new ConfigurationStep(with, options),
            new DatabaseStep(with, options),
            new ActionStep(
                RecoveryStep.Deploy, "start the application", "repository, configuration and database are back", "stop the application",
                "nothing is named to be started", actions.Deploy),
            new VerifyStep(with, options),
            new ActionStep(
                RecoveryStep.Route, "lead clients to the recovered system", "the system was verified", "lead them back",
                options.Isolated ? "nobody is led to a drill" : "nothing is named that leads clients here", options.Isolated ? null : actions.Route),
            new ReportStep(with),
        ];
    }
}
