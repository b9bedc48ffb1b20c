using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Files;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;
using TwiBackup.Sealing;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Postgres.Replication;
using TwiBackup.Tests.Sealing;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks;

/// <summary>
/// Everything that parses bytes of others, with the seeds of <see cref="FuzzSeeds"/> and what becomes of them when bytes are changed, cut,
/// repeated and put together: no crash, no hang, no allocation beyond bounds. What is refused is refused by the parser's own exception.
/// </summary>
public sealed class FuzzTests
{
    private const int Rounds = 3000;
    private const long MostAllocated = 64 << 20;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(10);
    private static readonly byte[] FileKey = new byte[AgeHeader.FileKeySize];
    private static readonly KeyRing Keys = SampleSets.NewKeys();

    [Fact]
    public void The_header_of_an_age_file() => Fuzz(
        FuzzSeeds.AgeHeaders(), bytes => AgeHeader.TryOpen(bytes, [Samples.Identity], FileKey), typeof(FormatException));

    [Fact]
    public void The_payload_of_an_age_file_and_the_zstd_frames_in_it() => Fuzz(
        FuzzSeeds.Sealed(), bytes => Samples.UnsealAsync(bytes).GetAwaiter().GetResult(), typeof(ObjectRefusedException));

    [Fact]
    public void A_tar_header() => Fuzz(
        FuzzSeeds.TarHeaders(),
        bytes =>
        {
            var block = new byte[TarHeader.BlockSize];
            bytes.AsSpan(0, Math.Min(bytes.Length, block.Length)).CopyTo(block);
            FuzzSeeds.WriteTarChecksum(block);
            Assert.True(TarHeader.Parse(block) is { Size: >= 0, PaddedSize: >= 0 });
        },
        typeof(InvalidDataException));

    [Fact]
    public void A_manifest_that_somebody_with_the_key_has_signed() => Fuzz(
        FuzzSeeds.Manifests(),
        bytes =>
        {
            var store = new MemoryStore();
            var prefix = CatalogKeys.SetPrefix(SampleSets.System, SetKind.Full, SampleSets.Id(SampleSets.Epoch));
            store.Plant(prefix + CatalogKeys.ManifestName, bytes);
            store.Plant(prefix + CatalogKeys.SignatureName, Encoding.UTF8.GetBytes(Minisign.Sign(Keys.Signer!, bytes, FuzzSeeds.TrustedComment)));
            var set = new SetCatalog(store, SampleSets.System, Keys).ReadAsync(SetKind.Full, SampleSets.Id(SampleSets.Epoch), default).GetAwaiter().GetResult();
            Assert.True(set.Manifest.StoredBytes >= 0 && set.Manifest.PlainBytes >= 0);
        },
        typeof(UntrustedManifestException));

    [Fact]
    public void A_minisign_signature() => Fuzz(
        FuzzSeeds.Signatures(Keys.Signer!), bytes => Minisign.Verify([Keys.Signer!.Public], "x"u8, Encoding.UTF8.GetString(bytes), "o"), typeof(ObjectRefusedException));

    [Fact]
    public void A_policy() => Fuzz(FuzzSeeds.Policies(), bytes => PolicyFile.Parse(Encoding.UTF8.GetString(bytes), "twibackup.json"), typeof(PolicyException));

    [Fact]
    public void A_timeline_history() => Fuzz(
        FuzzSeeds.Histories(),
        bytes =>
        {
            var history = TimelineHistory.Parse(9, bytes);
            Assert.Equal(9u, history.Timeline);
            Assert.All(history.Path, span => Assert.True(span.Begin <= span.End));
        },
        typeof(TwiBackupException));

    [Fact]
    public void The_first_page_of_a_segment() => Fuzz(
        FuzzSeeds.WalPages(), bytes => WalPageHeader.Read(bytes, "000000010000000000000001", 1 << 20), typeof(TwiBackupException));

    [Fact]
    public void The_index_of_an_archive() => Fuzz(
        FuzzSeeds.FileIndexes(),
        bytes => ArchiveRules.Check(FileIndex.ReadAsync(new MemoryStream(bytes), default).GetAwaiter().GetResult()),
        typeof(InvalidDataException), typeof(TwiBackupException));

    [Fact]
    public void Names_of_objects()
    {
        var layout = new WalLayout(SampleSets.System, 15, 7000000000000000001);
        Fuzz(FuzzSeeds.Keys(layout), bytes => Assert.True(!layout.TryParse(Encoding.Latin1.GetString(bytes), out var found) || found is not null));
    }

    [Fact]
    public async Task What_a_server_sends_in_a_replication_session()
    {
        var (answered, refused) = (0, 0);
        for (var round = 0; round < 200; round++)
        {
            var random = new Random(round);
            var answer = Mutate(FuzzSeeds.ServerAnswers(), random);
            using var patience = new CancellationTokenSource(MostTime);
            await using var server = new ScriptedServer("15.18", answer, random.Next(1, 64));
            try
            {
                await using var connection = await ReplicationConnection.ConnectAsync(server.Settings, patience.Token);
                // A server that has nothing more to say, or only half of it, waits for us.
                using var quiet = CancellationTokenSource.CreateLinkedTokenSource(patience.Token);
                quiet.CancelAfter(TimeSpan.FromMilliseconds(150));
                var wal = await connection.StartReplicationAsync(null, new Lsn(0x1000000), 1, quiet.Token);
                for (var messages = 0; messages < 100; messages++)
                    await wal.ReadAsync(quiet.Token);

                answered++;
            }
            catch (TwiBackupException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                refused++;
            }
            catch (OperationCanceledException) when (!patience.IsCancellationRequested)
            {
                answered++;
            }
        }

        Assert.True(refused > 50, $"{answered} answered, {refused} refused");
    }

    /// <summary>Seeds first as they are, which must be taken, then what becomes of them.</summary>
    private static void Fuzz(IReadOnlyList<byte[]> seeds, Action<byte[]> parse, params Type[] refusals)
    {
        foreach (var seed in seeds)
            parse(seed);
        var refused = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var input = Mutate(seeds, new Random(round));
            var watch = Stopwatch.StartNew();
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                parse(input);
            }
            catch (Exception e) when (refusals.Any(type => type.IsInstanceOfType(e)))
            {
                refused++;
            }

            Assert.True(watch.Elapsed < MostTime, $"round {round} took {watch.Elapsed}: {Convert.ToHexString(input.AsSpan(0, Math.Min(input.Length, 200)))}");
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            Assert.True(allocated < MostAllocated, $"round {round} allocated {allocated}: {Convert.ToHexString(input.AsSpan(0, Math.Min(input.Length, 200)))}");
        }

        Assert.True(refusals.Length == 0 || refused > Rounds / 10, $"only {refused} of {Rounds} were refused");
    }

    private static byte[] Mutate(IReadOnlyList<byte[]> seeds, Random random)
    {
        var input = seeds[random.Next(seeds.Count)].ToList();
        for (var changes = random.Next(1, 6); changes > 0; changes--)
        {
            var at = random.Next(input.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < input.Count:
                    input[at] = (byte)random.Next(256);
                    break;
                case 1 when at < input.Count:
                    input[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    input.RemoveRange(at, random.Next(Math.Min(input.Count - at, 40) + 1));
                    break;
                case 3:
                    var other = seeds[random.Next(seeds.Count)];
                    var from = random.Next(other.Length + 1);
                    input.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(64))]);
                    break;
                case 4 when at + 8 <= input.Count:
                    // Numbers at their limits, where lengths may stand.
                    var number = new byte[8];
                    BinaryPrimitives.WriteInt64BigEndian(number, random.Next(4) switch { 0 => long.MaxValue, 1 => -1, 2 => long.MinValue, _ => int.MaxValue });
                    for (var i = 0; i < 8; i++)
                        input[at + i] = number[i];
                    break;
                default:
                    input.InsertRange(at, Enumerable.Repeat((byte)"0 9\n{}\"-\0"[random.Next(9)], random.Next(1, 300)));
                    break;
            }
        }

        return [.. input];
    }
}
