using TwiBackup.Sealing;

namespace TwiBackup.Tests.Sealing;

/// <summary>Contents and ways to seal and open them in memory.</summary>
internal static class Samples
{
    public const int KiB = 1 << 10;
    public const int MiB = 1 << 20;

    public static AgeIdentity Identity { get; } = AgeIdentity.Generate();

    /// <summary>Reproducible bytes that compress to about a half: noise beside few letters, in runs of 64.</summary>
    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        var random = new Random(seed);
        random.NextBytes(bytes);
        for (var i = 0; i < length; i++)
            if ((i & 64) == 0) bytes[i] = (byte)('a' + (bytes[i] & 3));
        return bytes;
    }

    public static Task<byte[]> SealAsync(byte[] plain, SealOptions? options = null, byte[]? trailer = null) =>
        SealAsync(plain, [Identity.Recipient], options, trailer);

    public static async Task<byte[]> SealAsync(
        byte[] plain,
        IReadOnlyList<AgeRecipient> recipients,
        SealOptions? options = null,
        byte[]? trailer = null,
        int writeSize = int.MaxValue)
    {
        var sink = new MemoryStream();
        await using var sealing = new SealingStream(sink, recipients, options ?? new SealOptions());
        for (var at = 0; at < plain.Length; at += Math.Min(writeSize, plain.Length - at))
            await sealing.WriteAsync(plain.AsMemory(at, Math.Min(writeSize, plain.Length - at)));
        await sealing.CompleteAsync(trailer, default);
        return sink.ToArray();
    }

    public static Task<byte[]> UnsealAsync(byte[] sealedBytes) => UnsealAsync(new MemoryStream(sealedBytes), Identity);

    public static async Task<byte[]> UnsealAsync(Stream source, params AgeIdentity[] identities)
    {
        await using var unsealing = new UnsealingStream(source, identities, "the object");
        var plain = new MemoryStream();
        await unsealing.CopyToAsync(plain);
        return plain.ToArray();
    }

    /// <summary>An age file around any payload: what somebody could make who holds the recipient only.</summary>
    public static async Task<byte[]> EncryptAsync(byte[] payload)
    {
        var sink = new MemoryStream();
        using var age = new AgeWriter(sink, [Identity.Recipient]);
        await age.WriteAsync(payload, default);
        await age.CompleteAsync(default);
        return sink.ToArray();
    }

    public static byte[] Decrypt(byte[] file)
    {
        using var age = new AgeReader(new MemoryStream(file), [Identity], "the object");
        var payload = new MemoryStream();
        while (!age.Ended)
        {
            if (age.TryNext(out var chunk)) payload.Write(chunk.Span);
            else if (!age.Ended) age.Fill();
        }
        return payload.ToArray();
    }

    public static async Task AssertRefusedAsync(string reason, Func<Task> action)
    {
        var refused = await Assert.ThrowsAsync<ObjectRefusedException>(action);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    public static async Task AssertWrongUseAsync(Func<Task> action) =>
        Assert.Equal(ExitCode.WrongUse, (await Assert.ThrowsAsync<TwiBackupException>(action)).ExitCode);

    public static string IdentityFile(AgeIdentity identity) => $"# a comment\n{identity.RevealText()}\n";
}
