using System.Formats.Tar;
using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Progress;
using TwiBackup.Sealing;

namespace TwiBackup.Repositories;

/// <summary>
/// Takes the Git LFS objects of a mirror, which no bundle holds: from a local source's own storage, from elsewhere with git-lfs. What can't
/// be had is said and listed in the manifest.
/// </summary>
internal sealed class LfsBackup(Git git, string mirror, string source, IProgressReporter progress)
{
    /// <summary>The object with a tar of <c>lfs/objects/…</c>.</summary>
    public const string ArchiveName = "lfs.tar.zst.age";

    /// <summary>The facts for the manifest; null when no commit points at anything.</summary>
    public async Task<LfsFacts?> RunAsync(SetWriter set, CancellationToken cancellationToken)
    {
        progress.Stage("LFS objects");
        var pointers = await LfsPointers.FindAsync(git, mirror, Path.GetDirectoryName(mirror)!, cancellationToken);
        if (pointers.Count == 0)
            return null;
        var storages = await StoragesAsync(cancellationToken);
        var there = new List<(string Name, string Path)>();
        var missing = new List<string>();
        foreach (var name in pointers)
        {
            var path = await FindGoodAsync(storages, name, cancellationToken);
            if (path is null)
                missing.Add(name);
            else
                there.Add((name, path));
        }

        if (there.Count > 0)
            await WriteAsync(set, there, cancellationToken);
        if (missing.Count > 0)
            progress.Warn($"{missing.Count} of {pointers.Count} Git LFS objects of {source} are not in the backup: {Why(storages)}.");
        return new LfsFacts(pointers.Count, there.Count, missing);
    }

    /// <summary>The path of an object in a storage folder.</summary>
    public static string PathIn(string storage, string name) => Path.Combine(storage, name[..2], name[2..4], name);

    private string Why(List<string> storages) =>
        Path.IsPathRooted(source) || storages.Count > 0
            ? "they are not where they should be; run git lfs fetch --all in the source"
            : "git-lfs is not installed here";

    private async Task<List<string>> StoragesAsync(CancellationToken cancellationToken)
    {
        if (Path.IsPathRooted(source))
            return [.. new[] { Path.Combine(source, ".git/lfs/objects"), Path.Combine(source, "lfs/objects") }.Where(Directory.Exists)];
        if (!await git.HasLfsAsync(cancellationToken))
            return [];
        var fetch = await git.TryAsync(mirror, ["lfs", "fetch", "--all"], cancellationToken);
        if (fetch.ExitCode != 0)
            progress.Warn($"git lfs fetch failed: {git.Said(fetch)}");
        return [Path.Combine(mirror, "lfs/objects")];
    }

    /// <summary>An object is named by its hash: one that has another is as good as missing.</summary>
    private static async Task<string?> FindGoodAsync(List<string> storages, string name, CancellationToken cancellationToken)
    {
        foreach (var path in storages.Select(s => PathIn(s, name)).Where(File.Exists))
        {
            await using var content = FileContent.Open(path);
            if (await content.HashAsync(cancellationToken) == name)
                return path;
        }

        return null;
    }

    private async Task WriteAsync(SetWriter set, List<(string Name, string Path)> objects, CancellationToken cancellationToken)
    {
        await using var archive = await set.CreateObjectAsync(ArchiveName, new SealOptions(HashPlaintext: false), cancellationToken);
        await using (var tar = new TarWriter(archive.Content, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, path) in objects)
            {
                await using var content = FileContent.Open(path);
                var entry = new PaxTarEntry(TarEntryType.RegularFile, PathIn("lfs/objects", name)) { DataStream = content };
                await tar.WriteEntryAsync(entry, cancellationToken);
                progress.Advance(content.Length);
            }
        }

        await archive.CompleteAsync(cancellationToken);
    }
}
