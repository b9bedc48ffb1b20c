using TwiBackup.Sealing;
using TwiBackup.Tests.Sealing;

namespace TwiBackup.Tests.Attacks;

/// <summary>One thing that is done to one stored object by somebody who can write to the store; the seed tells which.</summary>
internal sealed class Mutation
{
    private readonly StoredObjects objects;
    private readonly Random random;
    private readonly List<(string Key, byte[] Before)> changed = [];

    public Mutation(StoredObjects objects, int seed)
    {
        (this.objects, random) = (objects, new Random(seed));
        var keys = objects.AllKeys();
        Key = keys[random.Next(keys.Count)];
        What = (MutationKind)random.Next(Enum.GetValues<MutationKind>().Length);
        Other = keys[random.Next(keys.Count)];
    }

    /// <summary>The object.</summary>
    public string Key { get; }

    public MutationKind What { get; }

    /// <summary>The object that it is swapped with or replaced by.</summary>
    public string Other { get; }

    public override string ToString() => $"{What} {Key}{(What is MutationKind.Swap or MutationKind.Replay ? $" with {Other}" : "")}";

    /// <summary>Does it. False: nothing was changed by it, e.g. an object swapped with itself.</summary>
    public async Task<bool> ApplyAsync()
    {
        var before = objects.Read(Key);
        var other = objects.Read(Other);
        var after = What switch
        {
            MutationKind.Flip => Flipped(before),
            MutationKind.Truncate => before[..random.Next(before.Length)],
            MutationKind.Extend => [.. before, .. Noise(random.Next(1, 5000))],
            MutationKind.Swap or MutationKind.Replay => other,
            MutationKind.SwapChunks => WithChunksSwapped(before),
            MutationKind.Forge => await ForgedAsync(),
            MutationKind.Empty => [],
            _ => null,
        };
        if (after is not null && after.AsSpan().SequenceEqual(before))
            return false;
        Change(Key, after);
        if (What == MutationKind.Swap)
            Change(Other, before);
        return true;
    }

    /// <summary>Makes it undone.</summary>
    public void Undo()
    {
        foreach (var (key, before) in changed)
            objects.Write(key, before);
    }

    private void Change(string key, byte[]? content)
    {
        changed.Add((key, objects.Read(key)));
        if (content is null)
            objects.Delete(key);
        else
            objects.Write(key, content);
    }

    private byte[] Flipped(byte[] before)
    {
        var after = before.ToArray();
        for (var flips = random.Next(1, 4); flips > 0; flips--)
            after[random.Next(after.Length)] ^= (byte)(1 << random.Next(8));
        return after;
    }

    /// <summary>Two chunks of the envelope change places; where there is one only, its two halves.</summary>
    private static byte[] WithChunksSwapped(byte[] before)
    {
        var after = before.ToArray();
        const int Chunk = 64 * 1024 + 16;
        if (before.Length > 3 * Chunk)
        {
            var from = before.Length - (3 * Chunk);
            before.AsSpan(from, Chunk).CopyTo(after.AsSpan(from + Chunk));
            before.AsSpan(from + Chunk, Chunk).CopyTo(after.AsSpan(from));
            return after;
        }

        var half = before.Length / 2;
        before.AsSpan(0, half).CopyTo(after.AsSpan(before.Length - half));
        before.AsSpan(before.Length - half).CopyTo(after);
        return after;
    }

    /// <summary>Sealed to the same recipient, signed by a key that nobody trusts.</summary>
    private async Task<byte[]> ForgedAsync()
    {
        var stranger = objects.Keys with { Signer = SigningKey.Generate() };
        var memory = new MemoryStore();
        await new SignedObjects(memory, stranger).PutAsync(Key, Noise(random.Next(1, 100_000)), null, new Dictionary<string, string>(), new SealOptions(), default);
        return memory[Key];
    }

    private byte[] Noise(int length)
    {
        var noise = new byte[length];
        random.NextBytes(noise);
        return noise;
    }
}
