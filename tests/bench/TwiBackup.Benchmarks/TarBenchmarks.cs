using System.Formats.Tar;
using BenchmarkDotNet.Attributes;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Benchmarks;

/// <summary>
/// A base backup's tar of 2,000 files of 8 KiB, cut into volumes and extracted again. The files are zeros, so that compressing them takes
/// little beside what is measured.
/// </summary>
[MemoryDiagnoser]
public class TarBenchmarks
{
    private const int Files = 2_000;
    private const int FileSize = 8 << 10;
    private const int PieceSize = 32 << 10;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("twibackup-bench-");
    private byte[] _tar = [];
    private SetCatalog _catalog = null!;

    [GlobalSetup]
    public async Task SetUp()
    {
        using var archive = new MemoryStream();
        await using (var writer = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            for (var i = 0; i < Files; i++)
                await writer.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, $"base/5/{16384 + i}") { DataStream = new MemoryStream(new byte[FileSize]) });
        }

        _tar = archive.ToArray();
        var keys = await KeyFiles.GenerateAsync(Path.Combine(_folder.FullName, "keys"), TimeProvider.System, CancellationToken.None);
        var signer = await KeyFiles.ReadSigningKeyAsync(keys.SigningFile, CancellationToken.None);
        var store = new FileObjectStore(_folder.CreateSubdirectory("store").FullName);
        _catalog = new SetCatalog(store, "bench", new KeyRing([keys.Recipient], [], signer, [keys.SigningPublic]));
    }

    [GlobalCleanup]
    public void CleanUp() => _folder.Delete(recursive: true);

    [Benchmark]
    public async Task<long> Cut()
    {
        var set = await SetWriter.BeginAsync(_catalog, SetKind.Full, TimeProvider.System, CancellationToken.None);
        await using var cutter = new VolumeCutter(set, new SealOptions(Level: 1, HashPlaintext: false), volumeSize: 256 << 20);
        for (var at = 0; at < _tar.Length; at += PieceSize)
            await cutter.WriteAsync(_tar.AsMemory(at, Math.Min(PieceSize, _tar.Length - at)), CancellationToken.None);
        await cutter.CompleteAsync(CancellationToken.None);
        Directory.Delete(Path.Combine(_folder.FullName, "store", "bench"), recursive: true);
        return cutter.Entries;
    }

    [Benchmark]
    public async Task Extract()
    {
        var target = _folder.CreateSubdirectory("data");
        await new BaseExtractor(target.FullName, ServerAccount.Resolve(new Dictionary<string, string>()), _ => { })
            .ExtractAsync(new MemoryStream(_tar), CancellationToken.None);
        target.Delete(recursive: true);
    }
}
