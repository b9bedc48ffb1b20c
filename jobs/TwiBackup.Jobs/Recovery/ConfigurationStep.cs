using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Files;

namespace TwiBackup.Recovery;

/// <summary>Restores the configuration files, staged beside their places and renamed into them.</summary>
internal sealed class ConfigurationStep(RecoveryContext context, RecoveryOptions options) : IRecoveryStep
{
    public RecoveryStep Step => RecoveryStep.Configuration;

    public string Does => options.ConfigurationRoot is null ? "restore the configuration"
        : options.ConfigurationRoot == "/" ? "restore the configuration to the places that it came from"
        : $"restore the configuration below {options.ConfigurationRoot}";

    public string Precondition => "what is there is the same, or may be kept aside";

    public string Undo => "move back what was kept aside, and delete the rest of what the step lists";

    public string? WhyNot => options.ConfigurationRoot is null ? "no configuration is recovered here" : null;

    public async Task<StepOutcome> RunAsync(CancellationToken cancellationToken)
    {
        var root = options.ConfigurationRoot!;
        var plan = await context.RequirePlanAsync(cancellationToken);
        if (context.IsRepeated(Step))
            Leftovers.Remove(Folders(plan.Configuration!, root), context.FirstBegun(Step), context.Progress);
        var restore = new FilesRestore(
            options.Catalog, SetKind.Configuration,
            new FilesRestoreOptions { At = plan.Configuration!.Manifest.CompletedAt, Root = root, Replace = options.KeepAside },
            context.Clock, context.Progress);
        var (set, result) = await restore.RunAsync(cancellationToken);
        var lines = result.Aside.Select(a => $"Kept aside: {a}").ToList();
        if (set.Id != plan.Configuration.Id)
            lines.Add($"configuration/{plan.Configuration.Id} is damaged; the one before it was used.");
        return new StepOutcome(
            $"configuration/{set.Id} of {AssessStep.Time(set.Manifest.CompletedAt)} to {root}: {result.Written.Count} written, {result.Unchanged} were there already.")
        {
            Facts = new Dictionary<string, string>
            {
                ["set"] = set.Id,
                ["completed"] = AssessStep.Time(set.Manifest.CompletedAt),
                ["bytes"] = set.Manifest.PlainBytes.ToString(CultureInfo.InvariantCulture),
            },
            Lines = lines,
        };
    }

    /// <summary>The folders in which files of the set lie.</summary>
    private static IEnumerable<string> Folders(BackupSet set, string root) =>
        (set.Manifest.Configuration?.Files ?? [])
            .Select(f => Path.GetDirectoryName(Path.Combine(root, f.Name.TrimStart('/'))))
            .OfType<string>()
            .Distinct(StringComparer.Ordinal);
}
