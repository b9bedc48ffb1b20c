using System.Buffers;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Wal;

/// <summary>
/// Puts a segment together from its tails. Tails that overlap must agree in every byte; one that only touches the bytes before it must
/// carry the hash of a tail that ends there, or else it may stem from another server's history. Whatever is not there is zero.
/// A tail that nobody trusted has signed is left aside where the others hold all that it would, and where it is not needed.
/// </summary>
/// <param name="dispensable">The offset from which on nothing is needed.</param>
internal sealed class TailAssembly(SignedObjects objects, WalLayout layout, string segment, long dispensable, Action<string> say)
{
    private readonly HashSet<string> _accepted = new(StringComparer.Ordinal);

    /// <summary>
    /// Writes the tails to <paramref name="file"/>, which is empty, and returns the offset up to which there is no hole.
    /// Tails behind a hole are not opened.
    /// </summary>
    public async Task<long> AssembleAsync(IEnumerable<WalObject> tails, FileStream file, CancellationToken cancellationToken)
    {
        long end = 0;
        var refused = new List<(WalObject Tail, ObjectRefusedException Why)>();
        foreach (var tail in tails.OrderBy(t => t.Start).ThenByDescending(t => t.End))
        {
            if (tail.Start > end)
                break;
            try
            {
                end = Math.Max(end, await AddAsync(tail, end, file, cancellationToken));
            }
            catch (ObjectRefusedException e)
            {
                refused.Add((tail, e));
            }
        }

        foreach (var (tail, why) in refused)
        {
            if (tail.End > end && end < dispensable)
                throw why;
            say($"{why.Message} It is left aside: {(tail.End > end ? "what it would hold is not needed" : "the other tails hold all of it")}.");
        }

        return end;
    }

    private async Task<long> AddAsync(WalObject tail, long end, FileStream file, CancellationToken cancellationToken)
    {
        var length = (int)(tail.End - tail.Start);
        var key = layout.Tail(segment, tail.Start, tail.End, tail.Hash);
        var content = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            using var memory = new MemoryStream(content, 0, length);
            var statement = await objects.ReadAsync(key, memory, length, say, cancellationToken);
            if (statement.Length != length)
                throw new TwiBackupException($"{key} holds {statement.Length} bytes and not the {length} of its name. Restore to before it.");
            var overlap = (int)(Math.Min(end, tail.End) - tail.Start);
            if (overlap > 0)
                await CompareAsync(key, content.AsMemory(0, overlap), tail.Start, file, cancellationToken);
            else if (tail.Start > 0 && !(statement.Fields.TryGetValue(WalObjects.PreviousField, out var previous) && _accepted.Contains(previous)))
                throw new TwiBackupException($"{key} does not follow the tails before it: two servers wrote segment {segment}. Restore to before it.");
            _accepted.Add(statement.Sha256);
            if (tail.End > end)
            {
                file.Position = end;
                await file.WriteAsync(content.AsMemory((int)(end - tail.Start), (int)(tail.End - end)), cancellationToken);
            }

            return tail.End;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(content);
        }
    }

    private static async Task CompareAsync(string key, ReadOnlyMemory<byte> content, long at, FileStream file, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            file.Position = at;
            while (content.Length > 0)
            {
                var part = Math.Min(content.Length, 1 << 16);
                await file.ReadExactlyAsync(buffer.AsMemory(0, part), cancellationToken);
                if (!buffer.AsSpan(0, part).SequenceEqual(content.Span[..part]))
                    throw new TwiBackupException($"{key} differs from the tails that it overlaps: two servers wrote this segment. Restore to before it.");
                content = content[part..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
