using System.Buffers;
using Microsoft.Win32.SafeHandles;
using TwiBackup.Postgres;

namespace TwiBackup.Database;

/// <summary>
/// Writes the entries of one volume below a data directory. Entries come from outside, so each name is checked: nothing leaves the
/// directory, nothing is written through a link, only what a base backup holds is made. <c>global/pg_control</c> is kept back, because
/// a directory without it can't be started: it is written when everything else is durable.
/// </summary>
internal sealed class BaseExtractor(string root, ServerAccount owner, Action<long> advanced)
{
    private const UnixFileMode PrivateFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int BufferSize = 64 << 10;
    private const int LargestControlFile = 64 << 10;

    private readonly FileFiller filler = new();
    private readonly HashSet<string> folders = [];

    /// <summary>The name of the file that is kept back.</summary>
    public const string ControlFile = "global/pg_control";

    /// <summary>The content of pg_control, if this volume held it.</summary>
    public byte[]? Control { get; private set; }

    /// <summary>Whether the volume held <c>backup_label</c>.</summary>
    public bool HasBackupLabel { get; private set; }

    /// <summary>Reads a tar to its end. Throws <see cref="InvalidDataException"/> for what no base backup holds.</summary>
    public async Task ExtractAsync(Stream tar, CancellationToken cancellationToken)
    {
        var block = new byte[TarHeader.BlockSize];
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (true)
            {
                await tar.ReadExactlyAsync(block, cancellationToken);
                if (TarHeader.IsEnd(block))
                    break;
                var entry = TarHeader.Parse(block);
                await ExtractEntryAsync(tar, entry, buffer, cancellationToken);
            }

            // To the very end: only there it shows that the object is whole.
            while (await tar.ReadAsync(buffer, cancellationToken) is var read and > 0)
            {
                if (buffer.AsSpan(0, read).IndexOfAnyExcept((byte)0) >= 0)
                    throw new InvalidDataException("Something stands behind the end of the archive.");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task ExtractEntryAsync(Stream tar, TarHeader entry, byte[] buffer, CancellationToken cancellationToken)
    {
        // PostgreSQL writes most names plainly and a few with ./ before them.
        var name = (entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name).TrimEnd('/');
        if (name is "." or "")
        {
            await SkipAsync(tar, entry.PaddedSize, buffer, cancellationToken);
            return;
        }

        if (name.StartsWith('/') || name.Contains('\0', StringComparison.Ordinal) || name.Split('/').Any(p => p is "" or "." or ".."))
            throw new InvalidDataException($"The archive entry \"{entry.Name}\" would leave the data directory.");
        switch (entry.Type)
        {
            case TarHeader.Folder:
                MakeFolder(name);
                break;
            case TarHeader.SymbolicLink:
                throw new InvalidDataException($"The archive entry \"{entry.Name}\" is a link; tablespaces can't be restored.");
            case TarHeader.File when name == ControlFile:
                if (entry.Size > LargestControlFile)
                    throw new InvalidDataException("global/pg_control is too large to be one.");
                Control = new byte[entry.Size];
                await tar.ReadExactlyAsync(Control, cancellationToken);
                await SkipAsync(tar, entry.PaddedSize - entry.Size, buffer, cancellationToken);
                advanced(entry.Size);
                break;
            default:
                await WriteFileAsync(tar, name, entry, buffer, cancellationToken);
                break;
        }
    }

    private async Task WriteFileAsync(Stream tar, string name, TarHeader entry, byte[] buffer, CancellationToken cancellationToken)
    {
        HasBackupLabel |= name == "backup_label";
        if (Path.GetDirectoryName(name) is { Length: > 0 } parent)
            MakeFolder(parent);
        var path = Path.Combine(root, name);
        using (var handle = CreateFile(path))
            await filler.FillAsync(handle, tar, entry.Size, advanced, cancellationToken);

        await SkipAsync(tar, entry.PaddedSize - entry.Size, buffer, cancellationToken);
    }

    /// <summary>A volume read again, after its first version failed, meets its own files: they are written anew.</summary>
    private SafeFileHandle CreateFile(string path)
    {
        File.Delete(path);
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, FileOptions.None);
        try
        {
            File.SetUnixFileMode(handle, PrivateFile);
            owner.Chown(path);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Volumes run in parallel and the folder's own entry may lie in another one.</summary>
    private void MakeFolder(string name)
    {
        if (!folders.Add(name))
            return;
        var path = root;
        foreach (var part in name.Split('/'))
        {
            path = Path.Combine(path, part);
            if (Directory.Exists(path))
                continue;
            Directory.CreateDirectory(path, PrivateFolder);
            owner.Chown(path);
        }
    }

    private static async Task SkipAsync(Stream tar, long count, byte[] buffer, CancellationToken cancellationToken)
    {
        while (count > 0)
        {
            var part = (int)Math.Min(count, buffer.Length);
            await tar.ReadExactlyAsync(buffer.AsMemory(0, part), cancellationToken);
            count -= part;
        }
    }
}
