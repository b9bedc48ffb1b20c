using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Catalog;

/// <summary>One object of a set being written: plaintext into <see cref="Content"/>, then <see cref="CompleteAsync"/>.</summary>
public sealed class SetObjectWriter : IAsyncDisposable
{
    private readonly SetWriter set;
    private readonly string name;
    private readonly ObjectUpload upload;
    private readonly HashingStream hashing;
    private readonly SealingStream sealing;

    internal SetObjectWriter(SetWriter set, string name, ObjectUpload upload, IReadOnlyList<AgeRecipient> recipients, SealOptions options)
    {
        this.set = set;
        this.name = name;
        this.upload = upload;
        hashing = new HashingStream(upload);
        sealing = new SealingStream(hashing, recipients, options);
    }

    /// <summary>Takes the plaintext.</summary>
    public Stream Content => sealing;

    /// <summary>Plaintext bytes written so far.</summary>
    public long PlainLength => sealing.PlainLength;

    /// <summary>Finishes and stores the object, and enters it into the set's list. Returns when it is durable.</summary>
    public async Task<ManifestObject> CompleteAsync(CancellationToken cancellationToken)
    {
        await sealing.CompleteAsync(ReadOnlyMemory<byte>.Empty, cancellationToken);
        var entry = new ManifestObject(name, hashing.Count, hashing.Sha256(), sealing.PlainLength);
        await upload.CommitAsync(cancellationToken);
        set.Add(entry);
        return entry;
    }

    public async ValueTask DisposeAsync()
    {
        await sealing.DisposeAsync();
        await hashing.DisposeAsync();
        await upload.DisposeAsync();
    }
}
