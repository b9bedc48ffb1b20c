using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Wal;

/// <summary>
/// Puts WAL objects so that nothing is ever overwritten and the same bytes are never stored twice: names carry a keyed hash of the
/// plaintext, so that a listing tells same from different without the identity. Thread safe.
/// </summary>
public sealed class WalObjects(IObjectStore store, KeyRing keys, WalLayout layout, Action<WalEvent> onEvent)
{
    /// <summary>The statement's field that links a tail to the one before it: the SHA-256 of that one's plaintext.</summary>
    public const string PreviousField = "previous";

    private const int SmallestFrame = 512 << 10;
    private const int LargestFrame = 16 << 20;

    // Small frames: several segments are sealed at once beside all that is received, and level 1 looks back no further anyway.
    private static readonly SealOptions Options = new(Level: 1, Workers: 1, FrameSize: 1 << 20);

    private readonly SignedObjects _objects = new(store, keys);
    private readonly SigningKey _signer = keys.Signer
        ?? throw new TwiBackupException(ExitCode.WrongUse, "WAL can't be stored without a signing key. Name one in the policy's keys.");

    public WalLayout Layout { get; } = layout;

    /// <summary>
    /// Puts a whole segment, unless the same bytes are there. Another content under the same name is kept beside it, and told.
    /// </summary>
    public Task PutSegmentAsync(string segment, ReadOnlyMemory<byte> content, WalMark? mark, CancellationToken cancellationToken) =>
        PutSegmentAsync(segment, content, [], mark, cancellationToken);

    /// <summary>As the other, with frames of tails that went before.</summary>
    internal async Task PutSegmentAsync(
        string segment, ReadOnlyMemory<byte> content, IReadOnlyList<PackedFrame> packed, WalMark? mark, CancellationToken cancellationToken)
    {
        var sha = SHA256.HashData(content.Span);
        var key = Layout.Segment(segment, NameHash(sha));
        await foreach (var info in store.ListAsync(Layout.SegmentPrefix(segment) + "-", null, cancellationToken))
        {
            if (info.Key == key)
                return;
            onEvent(new WalEvent(WalEventKind.Conflict,
                $"WAL segment {segment} is in {store.Location} with another content ({info.Key}); both are kept. "
                + "Two servers write under one identity: stop one, then take a new full."));
        }

        await PutOnceAsync(key, content, packed, sha, Fields(mark, null), cancellationToken);
    }

    /// <summary>
    /// Puts bytes <c>[start, start + content)</c> of a segment and returns their SHA-256, the next tail's <paramref name="previous"/>.
    /// </summary>
    public async Task<string> PutTailAsync(
        string segment, long start, ReadOnlyMemory<byte> content, WalMark? mark, string? previous, CancellationToken cancellationToken) =>
        (await PutPackedTailAsync(segment, start, content, mark, previous, cancellationToken)).Sha256;

    /// <summary>
    /// As <see cref="PutTailAsync"/>; returns the tail's frame, too, for the whole segment that it is a part of. None of a small tail, since
    /// its like compress far better together, and none that is large in memory.
    /// </summary>
    internal async Task<(string Sha256, PackedFrame? Frame)> PutPackedTailAsync(
        string segment, long start, ReadOnlyMemory<byte> content, WalMark? mark, string? previous, CancellationToken cancellationToken)
    {
        var sha = SHA256.HashData(content.Span);
        var frame = content.Length is >= SmallestFrame and <= LargestFrame ? PackedFrame.Make(content.Span, Options.Level) : null;
        var key = Layout.Tail(segment, start, start + content.Length, NameHash(sha));
        await PutOnceAsync(key, content, frame is null ? [] : [frame], sha, Fields(mark, previous), cancellationToken);
        return (Convert.ToHexStringLower(sha), frame);
    }

    /// <summary>Puts a <c>.partial</c> or <c>.backup</c> file.</summary>
    public async Task PutExtraAsync(WalFileName name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var sha = SHA256.HashData(content.Span);
        var key = name.Kind == WalFileKind.Partial
            ? Layout.Partial(name.Segment, NameHash(sha))
            : Layout.BackupLabel(name.Segment, name.Offset, NameHash(sha));
        await PutOnceAsync(key, content, [], sha, Fields(null, null), cancellationToken);
    }

    /// <summary>
    /// Puts a history file: first a copy whose name carries the hash, then the object that claims the timeline's number. False when
    /// the number is taken by another history; that is told and nothing is overwritten.
    /// </summary>
    public async Task<bool> PutHistoryAsync(uint timeline, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var sha = SHA256.HashData(content.Span);
        var copy = Layout.HistoryCopy(timeline, NameHash(sha));
        await PutOnceAsync(copy, content, [], sha, Fields(null, null), cancellationToken);
        try
        {
            await _objects.PutAsync(Layout.History(timeline), content, sha, Fields(null, null), Options, cancellationToken);
        }
        catch (ObjectExistsException)
        {
            // Ours, put before, or another's: the copies tell.
        }

        await foreach (var info in store.ListAsync(Layout.History(timeline)[..^".zst.age".Length] + "-", null, cancellationToken))
        {
            if (info.Key == copy)
                continue;
            onEvent(new WalEvent(WalEventKind.Conflict,
                $"Timeline {timeline} is claimed in {store.Location} with another history ({info.Key}). Two servers were promoted to one number: "
                + "stop one, then take a new full."));
            return false;
        }

        return true;
    }

    /// <summary>Puts a mark of its own, for a server that writes nothing.</summary>
    public Task PutMarkAsync(uint timeline, WalMark mark, CancellationToken cancellationToken) => PutOnceAsync(
        Layout.Mark(timeline, mark), Encoding.ASCII.GetBytes(mark + "\n"), [], null, Fields(mark, null), cancellationToken);

    /// <summary>Puts what is fixed of the cluster; its name makes wal_segment_size readable from a listing.</summary>
    public Task PutClusterFactsAsync(int segmentSize, CancellationToken cancellationToken) => PutOnceAsync(
        Layout.ClusterFacts(segmentSize),
        Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"system_identifier {Layout.SystemIdentifier}\npg_major {Layout.PgMajor}\nwal_segment_size {segmentSize}\n")),
        [],
        null,
        Fields(null, null),
        cancellationToken);

    /// <summary>Puts a restore point. Throws <see cref="ObjectExistsException"/> when its name is taken.</summary>
    public Task PutPointAsync(string name, ReadOnlyMemory<byte> content, WalMark mark, CancellationToken cancellationToken) =>
        _objects.PutAsync(Layout.Point(name), content, null, Fields(mark, null), Options, cancellationToken);

    /// <summary>Opens and parses a history file. Throws when it is missing or does not verify.</summary>
    public static Task<TimelineHistory> ReadHistoryAsync(
        SignedObjects objects, WalLayout layout, uint timeline, CancellationToken cancellationToken) =>
        ReadHistoryAsync(objects, layout, timeline, [], cancellationToken);

    /// <summary>
    /// As above; where the object that claims the number is not ours (anybody may have been first with it), a signed copy is read. With two
    /// of those the claim alone would tell which counts, so then none does.
    /// </summary>
    public static async Task<TimelineHistory> ReadHistoryAsync(
        SignedObjects objects, WalLayout layout, uint timeline, IReadOnlyList<string> copies, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        await ReadHistoryAsync(objects, layout, timeline, copies, content, null, cancellationToken);
        return TimelineHistory.Parse(timeline, content.GetBuffer().AsSpan(0, (int)content.Length));
    }

    /// <summary>The same, as it is, into a stream that can seek.</summary>
    internal static async Task ReadHistoryAsync(
        SignedObjects objects, WalLayout layout, uint timeline, IReadOnlyList<string> copies, Stream destination, Action<string>? say, CancellationToken cancellationToken)
    {
        try
        {
            await objects.ReadAsync(layout.History(timeline), destination, MaxHistory, say, cancellationToken);
        }
        catch (ObjectRefusedException e) when (copies is [var only])
        {
            await objects.ReadAsync(layout.HistoryCopy(timeline, only), destination, MaxHistory, say, cancellationToken);
            say?.Invoke($"{layout.History(timeline)} is not used: {e.Message} Its copy is.");
        }
    }

    /// <summary>Bytes that a history or backup label file may have.</summary>
    internal const int MaxHistory = 16 << 20;

    private string NameHash(byte[] sha) => Convert.ToHexStringLower(_signer.NameHash(sha).AsSpan(0, 16));

    /// <summary>A name with a hash that is taken holds the same bytes: done before.</summary>
    private async Task PutOnceAsync(
        string key, ReadOnlyMemory<byte> content, IReadOnlyList<PackedFrame> packed, byte[]? sha, Dictionary<string, string> fields,
        CancellationToken cancellationToken)
    {
        try
        {
            await _objects.PutAsync(key, content, packed, sha, fields, Options, cancellationToken);
        }
        catch (ObjectExistsException)
        {
        }
    }

    private static Dictionary<string, string> Fields(WalMark? mark, string? previous)
    {
        var fields = new Dictionary<string, string>(2, StringComparer.Ordinal);
        if (mark is not null)
            fields[WalMark.Field] = mark.ToString();
        if (previous is not null)
            fields[PreviousField] = previous;
        return fields;
    }
}
