using System.Buffers.Binary;
using System.Text;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Postgres.Replication;
using TwiBackup.Tests.Sealing;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks;

/// <summary>The corpus: right inputs of each parser, made here rather than kept as files, so that they follow the formats.</summary>
internal static class FuzzSeeds
{
    /// <summary>Of the manifests here.</summary>
    public static readonly string TrustedComment = SetCatalog.TrustedComment(Manifest());

    public static IReadOnlyList<byte[]> AgeHeaders() =>
    [
        AgeHeader.Write([Samples.Identity.Recipient], new byte[AgeHeader.FileKeySize]),
        AgeHeader.Write([AgeIdentity.Generate().Recipient, Samples.Identity.Recipient], new byte[AgeHeader.FileKeySize]),
    ];

    public static IReadOnlyList<byte[]> Sealed() =>
    [
        Samples.SealAsync(Samples.Bytes(5000)).GetAwaiter().GetResult(),
        Samples.SealAsync(Samples.Bytes(5000), new SealOptions(FrameSize: 1000), "a trailer"u8.ToArray()).GetAwaiter().GetResult(),
        Samples.SealAsync([]).GetAwaiter().GetResult(),
    ];

    public static IReadOnlyList<byte[]> TarHeaders() => [TarHeaderOf("base/1/1259", '0', "00000100000 "), TarHeaderOf("pg_wal", '5', "00000000000 "), TarHeaderOf("x", '0', "77777777777 ")];

    public static IReadOnlyList<byte[]> Manifests() => [System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(Manifest(), CatalogJson.Default.Manifest)];

    public static IReadOnlyList<byte[]> Signatures(SigningKey key) => [Encoding.UTF8.GetBytes(Minisign.Sign(key, "x"u8, "twibackup system=twi"))];

    public static IReadOnlyList<byte[]> Policies() => [File.ReadAllBytes(RepositoryFile("twibackup.json"))];

    public static IReadOnlyList<byte[]> Histories() =>
    [
        "1\t0/3000148\tno recovery target specified\n"u8.ToArray(),
        "# a comment\n1\t0/3000148\tbefore 2026-11-23 02:00:00+00\n\n2\tFF/FFFFFFFF\tx\n4\tFFFFFFFF/FFFFFFFF\tx\n"u8.ToArray(),
        [],
    ];

    public static IReadOnlyList<byte[]> WalPages()
    {
        var page = new byte[WalPageHeader.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(page, 0xD110);
        BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(2), 2);
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(8), 1 << 20);
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(24), 7000000000000000001);
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(32), 1 << 20);
        return [page];
    }

    public static IReadOnlyList<byte[]> FileIndexes() =>
    [
        """
        {"format":"twibackup-files-1","entries":[
        {"name":"app","kind":"Folder","mode":493,"userId":0,"groupId":0,"modified":"2026-11-23T02:00:00Z"},
        {"name":"app/.env","kind":"File","mode":384,"userId":1000,"groupId":1000,"user":"bot","modified":"2026-11-23T02:00:00Z","length":3,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"name":"app/link","kind":"Link","mode":511,"userId":0,"groupId":0,"modified":"2026-11-23T02:00:00Z","target":".env"}]}
        """u8.ToArray(),
    ];

    public static IReadOnlyList<byte[]> Keys(WalLayout layout)
    {
        var segment = new WalSegment(1, 10, 1 << 20).Name;
        var hash = new string('a', 32);
        string[] keys =
        [
            layout.Segment(segment, hash), layout.Tail(segment, 0, 100, hash), layout.History(3), layout.HistoryCopy(3, hash), layout.ClusterFacts(1 << 24),
            layout.Mark(1, new WalMark(SampleSets.Epoch, new Lsn(5))), layout.Point("hourly"), layout.Partial(segment, hash), layout.BackupLabel(segment, 40, hash),
        ];
        return [.. keys.Select(Encoding.ASCII.GetBytes)];
    }

    /// <summary>What a walsender says after START_REPLICATION: WAL, keepalives, the end of a timeline.</summary>
    public static IReadOnlyList<byte[]> ServerAnswers()
    {
        var data = new byte[25 + 500];
        data[0] = (byte)'w';
        BinaryPrimitives.WriteUInt64BigEndian(data.AsSpan(1), 0x1000000);
        BinaryPrimitives.WriteUInt64BigEndian(data.AsSpan(9), 0x1000000 + 500);
        var keepalive = new byte[18];
        keepalive[0] = (byte)'k';
        BinaryPrimitives.WriteUInt64BigEndian(keepalive.AsSpan(1), 0x1000000 + 500);
        var copyBoth = ScriptedServer.Message('W', 0, 0, 0);
        byte[] wal = [.. copyBoth, .. ScriptedServer.Message('d', data), .. ScriptedServer.Message('d', keepalive)];
        return
        [
            wal,
            [.. wal, .. ScriptedServer.Message('c'), .. ScriptedServer.Message('T', 0, 0), .. ScriptedServer.Row("2", "0/1000100"), .. ScriptedServer.Message('C', 0), .. ScriptedServer.Message('Z', (byte)'I')],
            [.. ScriptedServer.Message('E', [.. "SERROR\0C58P01\0Mrequested WAL segment has already been removed\0\0"u8]), .. ScriptedServer.Message('Z', (byte)'I')],
        ];
    }

    /// <summary>Behind a wrong checksum nothing of a header would be looked at.</summary>
    public static void WriteTarChecksum(Span<byte> block)
    {
        block.Slice(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var b in block)
            sum += b;
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(block[148..]);
    }

    private static Manifest Manifest() => SampleSets.Manifest(SetKind.Full, SampleSets.Id(SampleSets.Epoch), SampleSets.Epoch.AddDays(30)) with
    {
        Objects = [new ManifestObject("base.0000.tar.zst.age", 100, new string('0', 64), 1000)],
    };

    private static byte[] TarHeaderOf(string name, char type, string size)
    {
        var block = new byte[TarHeader.BlockSize];
        Encoding.ASCII.GetBytes(name).CopyTo(block, 0);
        "0000600\0"u8.CopyTo(block.AsSpan(100));
        Encoding.ASCII.GetBytes(size).CopyTo(block, 124);
        block[156] = (byte)type;
        "ustar\000"u8.CopyTo(block.AsSpan(257));
        WriteTarChecksum(block);
        return block;
    }

    private static string RepositoryFile(string name)
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, name)) && Directory.Exists(Path.Combine(folder, "jobs")))
                return Path.Combine(folder, name);
        }

        throw new FileNotFoundException(name);
    }
}
