using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Policy;
using TwiBackup.Progress;
using TwiBackup.Repositories;

namespace TwiBackup.Verification.Live;

/// <summary>Whether the code that runs is the code that was backed up, unharmed and unchanged.</summary>
internal sealed class CodeChecks(string folder, TimeSpan? rpo, NewestSets sets, TimeProvider clock) : IDisposable
{
    private const string Remedy = "See that it is a git work tree and may be read.";
    private ScratchFolder? scratch;
    private Git? git;

    public IEnumerable<SystemCheck> All()
    {
        yield return new("code/head", CompareHeadAsync);
        yield return new("code/fsck", async cancellationToken =>
        {
            await Git().RunAsync(folder, ["fsck", "--no-dangling", "--no-progress"], "Clone it anew, or: twibackup restore repository", cancellationToken);
            return Answer.Good("git fsck is clean");
        });
        yield return new("code/clean", CheckCleanAsync);
    }

    public void Dispose()
    {
        git?.Dispose();
        scratch?.Dispose();
    }

    /// <summary>
    /// As the account that owns the folder: a repository's own settings name programs that git runs, and that account may write them.
    /// </summary>
    private Git Git()
    {
        if (git is not null)
            return git;
        if (FileCalls.FactsThrough(folder) is not { Kind: FileEntryKind.Folder } facts)
            throw new TwiBackupException($"{folder} is no folder.");
        scratch = new ScratchFolder(Path.GetTempPath());
        (uint, uint)? owner = FileOwner.CanGive && facts.UserId != FileOwner.Self ? (facts.UserId, facts.GroupId) : null;
        git = new Git(GitAccess.None, scratch.Path, folder, owner);
        if (owner is { } account)
            FileOwner.GiveTree(scratch.Path, account);
        return git;
    }

    private async Task<Answer> CompareHeadAsync(CancellationToken cancellationToken)
    {
        var head = await Git().RunAsync(folder, ["rev-parse", "--verify", "HEAD"], Remedy, cancellationToken);
        if (await sets.FindAsync(SetKind.Repository, cancellationToken) is not { Manifest.Repository: { } facts } set)
            return Answer.Bad("the store holds no repository set: twibackup backup repository");
        var (shown, name) = (head[..12], $"repository/{set.Id}");
        if (head == facts.Head)
            return Answer.Good($"{shown}, HEAD of {name}");
        if (facts.Refs.FirstOrDefault(pair => pair.Value == head).Key is { } branch)
            return Answer.Good($"{shown}, {branch} of {name}");

        // Ahead of what was backed up is what a deployment leaves until the next backup; the objective says how long that may be.
        var tips = facts.Refs.Values.Append(facts.Head).OfType<string>().Distinct(StringComparer.Ordinal);
        foreach (var tip in tips)
        {
            var isBehind = await Git().TryAsync(folder, ["merge-base", "--is-ancestor", tip, "HEAD"], cancellationToken);
            if (isBehind.ExitCode != 0)
                continue;
            var age = clock.GetUtcNow() - set.Manifest.StartedAt;
            return Answer.Of(
                rpo is { } most && age <= most,
                $"{shown} is newer than {name}, which is {Sizes.Text(age)} old and may be {Duration.Format(rpo ?? default)}",
                $"{shown} is newer than {name}, which is {Sizes.Text(age)} old: twibackup backup repository");
        }

        return Answer.Bad($"{shown} is neither HEAD nor the tip of a branch or tag of {name}, nor newer: is an old commit deployed, or another repository?");
    }

    private async Task<Answer> CheckCleanAsync(CancellationToken cancellationToken)
    {
        // Untracked files are logs, secrets and settings, which are no code.
        var status = await Git().RunAsync(
            folder, ["--no-optional-locks", "status", "--porcelain", "--untracked-files=no"], Remedy, cancellationToken);
        var changed = status.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return Answer.Of(
            changed.Length == 0, "nothing differs from the commit",
            $"{changed.Length} files differ from the commit, first {(changed.Length > 0 ? changed[0].Trim() : "")}: somebody changed code in place");
    }
}
