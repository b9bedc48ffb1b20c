using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using TwiBackup.Progress;

namespace TwiBackup.Files;

/// <summary>
/// Puts an archive in its place in two steps. <see cref="StageAsync"/> writes every file under another name beside its place, which
/// changes nothing that anybody reads. <see cref="Commit"/>, once the object proved good, renames: what was there aside, the new one in.
/// <see cref="Undo"/> takes everything back; a restore that fails leaves the place as it found it.
/// </summary>
internal sealed class FileRestore(RootFolder root, Accounts accounts, string runId, IProgressReporter progress)
{
    private const int BufferSize = 128 << 10;
    private readonly Dictionary<string, FileDifference> differences = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> staged = new(StringComparer.Ordinal);
    private readonly HashSet<string> folders = new(StringComparer.Ordinal);
    private readonly Stack<Action> undo = new();
    private readonly List<string> written = [], aside = [];

    /// <summary>Writes what differs beside its place. May be called again from the start when the archive proved bad.</summary>
    /// <exception cref="InvalidDataException">The archive is not what the index says.</exception>
    public async Task StageAsync(FileIndex index, Stream archive, CancellationToken cancellationToken)
    {
        Undo();
        folders.UnionWith(index.Entries.Where(e => e.Kind == FileEntryKind.Folder).Select(e => e.Name));
        progress.Stage("files", index.Entries.Sum(e => e.Length));
        if (FileCalls.Facts(root.Path) is null)
        {
            Directory.CreateDirectory(root.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            undo.Push(() => Directory.Delete(root.Path));
        }

        var comparison = new TreeComparison(root, accounts, sha256 => sha256);
        await ArchiveReader.ReadAsync(archive, index, async (entry, content, ct) =>
        {
            if (await comparison.CompareAsync(entry, ct) is { Kind: not FileDifferenceKind.None } difference)
            {
                differences.Add(entry.Name, difference);
                if (entry.Kind == FileEntryKind.Folder)
                    StageFolder(entry, difference);
                else if (entry.Kind == FileEntryKind.File)
                    await StageFileAsync(entry, content, ct);
            }

            progress.Advance(entry.Length);
        }, cancellationToken);
    }

    /// <summary>Puts everything in its place. After an exception call <see cref="Undo"/>.</summary>
    public FileRestoreResult Commit(FileIndex index)
    {
        var different = index.Entries.Where(e => differences.ContainsKey(e.Name)).ToList();
        foreach (var entry in different.Where(e => e.Kind == FileEntryKind.File))
            Place(entry, staged[entry.Name]);
        foreach (var entry in different.Where(e => e.Kind is FileEntryKind.HardLink or FileEntryKind.Link))
            Place(entry, StageLink(entry));
        // The deepest first: what is done below a folder changes its time.
        foreach (var entry in different.Where(e => e.Kind == FileEntryKind.Folder).Reverse())
            DressFolder(entry);
        undo.Clear();
        return new FileRestoreResult(written, index.Entries.Count - different.Count, aside);
    }

    /// <summary>Takes back what was done since the last commit, the latest first.</summary>
    public void Undo()
    {
        while (undo.TryPop(out var action))
        {
            try
            {
                action();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or TwiBackupException)
            {
                progress.Warn($"Not everything could be taken back: {e.Message}");
            }
        }

        differences.Clear();
        staged.Clear();
        written.Clear();
        aside.Clear();
    }

    private void StageFolder(FileEntry entry, FileDifference difference)
    {
        using var parent = Parent(entry.Name, out var name);
        if (difference.Kind.HasFlag(FileDifferenceKind.Type))
            MoveAside(parent, entry.Name, name);
        root.Open(entry.Name, Made)?.Dispose();
    }

    private async Task StageFileAsync(FileEntry entry, Stream content, CancellationToken cancellationToken)
    {
        using var parent = Parent(entry.Name, out _);
        var name = AsideName.Staged(runId, staged.Count);
        using var file = FileCalls.CreateFile(parent, name);
        undo.Push(() => Remove(entry.Name, name));
        staged.Add(entry.Name, name);

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            long length = 0;
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                hash.AppendData(buffer, 0, read);
                RandomAccess.Write(file, buffer.AsSpan(0, read), length);
                length += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (Convert.ToHexStringLower(hash.GetCurrentHash()) != entry.Sha256)
            throw new InvalidDataException($"The content of \"{entry.Name}\" is not what the index lists.");
        FileOwner.Dress(file, root.PathOf(entry.Name), accounts.Resolve(entry), entry.Mode, entry.Modified);
        FileCalls.Sync(file, root.PathOf(entry.Name));
    }

    private string StageLink(FileEntry entry)
    {
        using var parent = Parent(entry.Name, out _);
        var path = root.PathOf(entry.Name);
        var name = AsideName.Staged(runId, staged.Count);
        if (entry.Kind == FileEntryKind.HardLink)
        {
            using var folder = Parent(entry.Target!, out var target);
            FileOwner.Require(FileCalls.MakeHardLink(folder, target, parent, name), path);
        }
        else
        {
            FileOwner.Require(FileCalls.MakeLink(parent, name, ArchiveRules.LinkText(entry, root.Path)), path);
            var (user, group) = accounts.Resolve(entry);
            if (FileOwner.CanGive)
                FileOwner.Require(FileCalls.SetLinkOwner(parent, name, user, group), path);
        }

        undo.Push(() => Remove(entry.Name, name));
        staged.Add(entry.Name, name);
        return name;
    }

    private void Place(FileEntry entry, string stagedName)
    {
        using var parent = Parent(entry.Name, out var name);
        if (FileCalls.Facts(parent, name) is not null)
            MoveAside(parent, entry.Name, name);
        FileOwner.Require(FileCalls.Rename(parent, stagedName, name), root.PathOf(entry.Name));
        undo.Push(() => Rename(entry.Name, name, stagedName));
        FileCalls.Sync(parent, root.PathOf(entry.Name));
        written.Add(root.PathOf(entry.Name));
    }

    private void MoveAside(SafeFileHandle parent, string entryName, string name)
    {
        var kept = AsideName.Of(name, runId);
        FileOwner.Require(FileCalls.Rename(parent, name, kept), root.PathOf(entryName));
        undo.Push(() => Rename(entryName, kept, name));
        aside.Add(AsideName.Of(root.PathOf(entryName), runId));
    }

    private void DressFolder(FileEntry entry)
    {
        using var folder = root.Open(entry.Name, made: null)
            ?? throw new TwiBackupException($"{root.PathOf(entry.Name)} vanished while it was restored.");
        var before = FileCalls.Facts(folder);
        undo.Push(() =>
        {
            using var again = root.Open(entry.Name, made: null);
            if (again is not null)
                FileOwner.Dress(again, root.PathOf(entry.Name), (before.UserId, before.GroupId), before.Mode, before.Modified);
        });
        FileOwner.Dress(folder, root.PathOf(entry.Name), accounts.Resolve(entry), entry.Mode, entry.Modified);
        written.Add(root.PathOf(entry.Name));
    }

    /// <summary>
    /// A folder above an entry that the archive does not hold is open to all to pass, as a person would make it; the others stay private
    /// until dressed.
    /// </summary>
    private void Made(string name)
    {
        using (var folder = folders.Contains(name) ? null : root.Open(name, made: null))
        {
            if (folder is not null)
                FileOwner.Require(FileCalls.SetMode(folder, 0x1ed), root.PathOf(name));
        }

        undo.Push(() =>
        {
            using var parent = root.OpenParent(name, out var last, made: null);
            if (parent is not null)
                _ = FileCalls.RemoveEmptyFolder(parent, last);
        });
    }

    private SafeFileHandle Parent(string name, out string last) =>
        root.OpenParent(name, out last, Made) ?? throw new TwiBackupException($"The folder of {root.PathOf(name)} can't be opened.");

    private void Remove(string entryName, string stagedName)
    {
        using var parent = root.OpenParent(entryName, out _, made: null);
        if (parent is not null)
            _ = FileCalls.Remove(parent, stagedName);
    }

    private void Rename(string entryName, string from, string to)
    {
        using var parent = root.OpenParent(entryName, out _, made: null);
        if (parent is not null)
            _ = FileCalls.Rename(parent, from, to);
    }
}
