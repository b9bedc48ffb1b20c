using TwiBackup.Rehearsal;

namespace TwiBackup.AppHost;

/// <summary>What the command line says beside Aspire's own arguments and settings (<c>--Postgres:Version=18.1</c>).</summary>
/// <param name="Scenario">What is rehearsed.</param>
/// <param name="IsHeadless">Rehearse to the end, without a dashboard, and end.</param>
/// <param name="Others">What is Aspire's.</param>
internal sealed record RunArguments(string Scenario, bool IsHeadless, string[] Others)
{
    private const string ScenarioOption = "--scenario";
    private const string HeadlessOption = "--headless";

    /// <exception cref="TwiBackupException">There is no such scenario, or nothing that would rehearse it (wrong use).</exception>
    public static RunArguments Read(IReadOnlyList<string> args)
    {
        var scenario = Scenarios.All.Keys.First();
        var (isHeadless, isChosen) = (false, false);
        var others = new List<string>();
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] == HeadlessOption)
                isHeadless = true;
            else if (args[i] == ScenarioOption && i + 1 < args.Count)
                (scenario, isChosen) = (args[++i], true);
            else if (args[i].StartsWith(ScenarioOption + "=", StringComparison.Ordinal))
                (scenario, isChosen) = (args[i][(ScenarioOption.Length + 1)..], true);
            else
                others.Add(args[i]);
        }

        if (!Scenarios.All.ContainsKey(scenario))
            throw Wrong($"There is no scenario \"{scenario}\". There are: {string.Join(", ", Scenarios.All.Keys)}.");
        if (isChosen && !isHeadless)
            throw Wrong($"{ScenarioOption} goes with {HeadlessOption}; with a dashboard the scenario is chosen there.");
        return new RunArguments(scenario, isHeadless, [.. others]);
    }

    private static TwiBackupException Wrong(string message) => new(ExitCode.WrongUse, message);
}
