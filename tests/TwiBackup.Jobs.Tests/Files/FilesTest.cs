using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Policy;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Files;

/// <summary>A folder, a store and keys; what the tests of this folder share.</summary>
internal sealed class FilesTest : IAsyncDisposable
{
    public const string System = "twi";
    private readonly AgeIdentity identity = AgeIdentity.Generate();
    private readonly TestStore store = TestStores.NewFileStore();

    public FilesTest()
    {
        Folder = Directory.CreateTempSubdirectory("twi-files-").FullName;
        Source = Path.Combine(Folder, "app");
        Directory.CreateDirectory(Source);
        Catalog = NewCatalog(Signer);
        WriterCatalog = new SetCatalog(store.Store, System, new KeyRing([identity.Recipient], [], Signer, [Signer.Public]));
    }

    /// <summary>A scratch folder.</summary>
    public string Folder { get; }

    /// <summary>A folder in it, the bot's.</summary>
    public string Source { get; }

    public SigningKey Signer { get; } = SigningKey.Generate();

    public RecordedProgress Progress { get; } = new();

    /// <summary>With the identity, as a restorer has it.</summary>
    public SetCatalog Catalog { get; }

    /// <summary>Without the identity: a writer can open nothing.</summary>
    public SetCatalog WriterCatalog { get; }

    /// <summary>The identity's file, for Debian's age.</summary>
    public string IdentityText => identity.RevealText();

    public string StoreFolder => store.Root;

    public IObjectStore Store => store.Store;

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public SetCatalog NewCatalog(SigningKey signer) =>
        new(store.Store, System, new KeyRing([identity.Recipient], [identity], signer, [Signer.Public, signer.Public]));

    public string Write(string name, string content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var path = Path.Combine(Source, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, mode);
        return path;
    }

    public ConfigurationBackup Backup(params string[] paths) => Backup(new ConfigurationBackupOptions
    {
        Paths = [.. paths.Select(p => new ConfigurationPath(p))],
        Keep = TimeSpan.FromDays(90),
    });

    public ConfigurationBackup Backup(ConfigurationBackupOptions options) => new(WriterCatalog, options, TimeProvider.System, Progress);

    public FilesRestore Restore(FilesRestoreOptions options, SetKind kind = SetKind.Configuration) =>
        new(Catalog, kind, options, TimeProvider.System, Progress);

    /// <summary>Below a new folder; returns that.</summary>
    public async Task<string> RestoreElsewhereAsync(SetKind kind = SetKind.Configuration, string? id = null)
    {
        var root = Path.Combine(Folder, $"root-{Guid.NewGuid():N}");
        await Restore(new FilesRestoreOptions { Root = root, SetId = id }, kind).RunAsync(Cancellation);
        return root;
    }

    public LogBackup Logs(bool all = false, params string[] paths) => new(
        WriterCatalog,
        new LogBackupOptions
        {
            Paths = paths.Length > 0 ? paths : [Path.Combine(Source, "*.log*")],
            Keep = TimeSpan.FromDays(90),
            All = all,
        },
        TimeProvider.System, Progress);

    /// <summary>A log as rotation left it a while ago.</summary>
    public string WriteLog(string name, string content)
    {
        var path = Write(name, content);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow - TimeSpan.FromHours(1));
        return path;
    }

    /// <summary>Commits a set whose index and archive are whatever a test wants: signed and sealed all the same.</summary>
    public async Task<BackupSet> ForgeAsync(IReadOnlyList<FileEntry> index, IEnumerable<TarEntry> archive)
    {
        var set = await SetWriter.BeginAsync(WriterCatalog, SetKind.Configuration, TimeProvider.System, Cancellation);
        await using (var tarObject = await set.CreateObjectAsync(ConfigurationBackup.ArchiveName, new SealOptions(), Cancellation))
        {
            await using (var tar = new TarWriter(tarObject.Content, TarEntryFormat.Pax, leaveOpen: true))
            {
                foreach (var entry in archive)
                    await tar.WriteEntryAsync(entry, Cancellation);
            }

            await tarObject.CompleteAsync(Cancellation);
        }

        await using (var indexObject = await set.CreateObjectAsync(ArchiveWriter.IndexName, new SealOptions(), Cancellation))
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(
                new FileIndex { Format = FileIndex.CurrentFormat, Entries = index }, FilesJson.Default.FileIndex);
            await indexObject.Content.WriteAsync(bytes, Cancellation);
            await indexObject.CompleteAsync(Cancellation);
        }

        var facts = new ConfigurationFacts { Reason = "manual", TreeHash = "", HashKey = "", Files = [], Missing = [] };
        return await set.CommitAsync(TimeSpan.FromDays(1), m => m with { Configuration = facts }, Cancellation);
    }

    /// <summary>Everything in the store, as text, to look for secrets in.</summary>
    public string StoreText() => string.Join(
        '\n',
        Directory.EnumerateFiles(StoreFolder, "*", SearchOption.AllDirectories)
            .Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file))));

    /// <summary>Flips a byte in the middle of a stored object.</summary>
    public void Damage(BackupSet set, string name)
    {
        var file = Directory.EnumerateFiles(StoreFolder, "*", SearchOption.AllDirectories).Single(
            f => f.EndsWith($"{set.Id}/{name}", StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
