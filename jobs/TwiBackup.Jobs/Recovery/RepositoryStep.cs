using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Repositories;

namespace TwiBackup.Recovery;

/// <summary>Restores the code repository: proven beside its place, then renamed into it.</summary>
internal sealed class RepositoryStep(RecoveryContext context, RecoveryOptions options) : IRecoveryStep
{
    private const string PlaceIsFree = "the folder is free";

    public RecoveryStep Step => RecoveryStep.Repository;

    public string Does => options.RepositoryFolder is null ? "restore the repository" : $"restore the repository into {options.RepositoryFolder}";

    public string Precondition => "git is there; the folder is empty or new, or may be kept aside";

    public string Undo => "delete the folder, or move back what was kept aside";

    public string? WhyNot => options.RepositoryFolder is null ? "no repository is recovered here" : null;

    public async Task<StepOutcome> RunAsync(CancellationToken cancellationToken)
    {
        var folder = options.RepositoryFolder!;
        var plan = await context.RequirePlanAsync(cancellationToken);
        var isOurs = context.Note(Step, PlaceIsFree) is not null;
        if (!isOurs && (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any()))
            context.Journal.Append(JournalEntryKind.Noted, Step, PlaceIsFree);
        if (context.IsRepeated(Step) && Path.GetDirectoryName(folder.TrimEnd('/')) is { } parent)
            Leftovers.Remove([parent], context.FirstBegun(Step), context.Progress);
        var restore = new RepositoryRestore(
            options.Catalog,
            new RepositoryRestoreOptions
            {
                Folder = folder,
                At = plan.Repository!.Manifest.CompletedAt,
                // What an earlier attempt put there is kept aside as anything else would be.
                Replace = options.KeepAside || isOurs,
            },
            context.Clock, context.Progress);
        var result = await restore.RunAsync(cancellationToken);
        var lines = new List<string>(result.Proofs);
        if (result.Aside is { } aside)
            lines.Add($"Kept aside: {aside}");
        if (result.NotInRepository.Count > 0)
            lines.Add($"Only there, because no commit holds them: {string.Join(", ", result.NotInRepository)}");
        if (result.Set.Id != plan.Repository.Id)
            lines.Add($"repository/{plan.Repository.Id} is damaged; the one before it was used.");
        return new StepOutcome($"repository/{result.Set.Id} of {AssessStep.Time(result.Set.Manifest.CompletedAt)} to {folder}.")
        {
            Facts = new Dictionary<string, string>
            {
                ["set"] = result.Set.Id,
                ["completed"] = AssessStep.Time(result.Set.Manifest.CompletedAt),
                ["bytes"] = result.Set.Manifest.PlainBytes.ToString(CultureInfo.InvariantCulture),
            },
            Lines = lines,
        };
    }
}
