using System.Formats.Tar;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Sealing;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Attacks.Decisions;

/// <summary>Volumes end at file borders and each is an archive of its own, however the stream is cut and whatever sizes files have.</summary>
public sealed class Decision19_No_file_is_split
{
    private const int VolumeSize = 64 << 10;

    [Fact]
    public async Task Of_any_stream_cut_anywhere_each_volume_is_an_archive_and_together_they_hold_every_file_once()
    {
        var random = new Random(Tally.Seed());
        await using var store = TestStores.NewFileStore();
        var catalog = new SetCatalog(store.Store, SampleSets.System, SampleSets.NewKeys());
        var (rounds, volumes) = (Tally.Rounds(10, 100), 0);
        for (var round = 0; round < rounds; round++)
        {
            var files = Enumerable.Range(0, 40).ToDictionary(n => $"base/{n}", _ => Content(random), StringComparer.Ordinal);
            var stream = Archive(files);
            var set = await SetWriter.BeginAsync(catalog, SetKind.Full, TimeProvider.System, SampleSets.Cancellation);
            await using (var cutter = new VolumeCutter(set, new SealOptions(1, HashPlaintext: false), VolumeSize))
            {
                for (var (at, next) = (0, 0); at < stream.Length; at = next)
                {
                    next = Math.Min(stream.Length, at + random.Next(1, round % 2 == 0 ? 700 : 100_000));
                    await cutter.WriteAsync(stream.AsMemory(at, next - at), SampleSets.Cancellation);
                }

                await cutter.CompleteAsync(SampleSets.Cancellation);
            }

            var committed = await set.CommitAsync(
                TimeSpan.FromDays(1), m => m with { Database = SampleSets.Facts(1, 0x1000000, 0x1000100, SampleSets.Epoch) }, SampleSets.Cancellation);
            Assert.True(committed.Manifest.Objects.Count > 1);
            foreach (var volume in committed.Manifest.Objects)
            {
                using var content = new MemoryStream(await SampleSets.ReadAsync(catalog, committed, volume.Name));
                using var reader = new TarReader(content);
                var (largest, before) = (0L, 0L);
                while (await reader.GetNextEntryAsync(copyData: true, SampleSets.Cancellation) is { } entry)
                {
                    // The volume was not full yet when this one began.
                    Assert.True(before < VolumeSize, volume.Name);
                    using var data = new MemoryStream();
                    if (entry.DataStream is not null)
                        await entry.DataStream.CopyToAsync(data, SampleSets.Cancellation);
                    Assert.True(files.Remove(entry.Name, out var expected), entry.Name);
                    Assert.Equal(expected, data.ToArray());
                    (largest, before) = (Math.Max(largest, data.Length), before + 512 + ((data.Length + 511) / 512 * 512));
                }

                Assert.InRange(volume.PlainLength, 1, VolumeSize + 2048 + largest + 511);
                volumes++;
            }

            Assert.Empty(files);
        }

        Tally.Add("volumes: streams of files of any size cut anywhere", (rounds, "streams"), (volumes, "volumes compared"));
    }

    /// <summary>Empty, small, at a block's and at a volume's border, and far larger than a volume.</summary>
    private static byte[] Content(Random random)
    {
        int[] sizes = [0, 1, 511, 512, 513, 8192, VolumeSize - 512, VolumeSize, VolumeSize + 1, 3 * VolumeSize + 7];
        var content = new byte[sizes[random.Next(sizes.Length)]];
        random.NextBytes(content);
        return content;
    }

    private static byte[] Archive(Dictionary<string, byte[]> files)
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Ustar))
        {
            foreach (var (name, content) in files)
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        }

        return archive.ToArray();
    }
}
