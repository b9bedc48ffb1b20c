using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using TwiBackup.Stores;

namespace TwiBackup.Sealing;

/// <summary>Sealed objects that carry their own signature, for what no manifest lists (WAL, history files, marks).</summary>
public sealed class SignedObjects(IObjectStore store, KeyRing keys)
{
    private const int BufferSize = 128 << 10;

    /// <summary>
    /// Seals, signs and stores <paramref name="content"/> at <paramref name="key"/>; returns when it is durable.
    /// <paramref name="plainSha256"/> saves hashing again where the caller has it.
    /// Throws <see cref="ObjectExistsException"/> when the key is taken, <see cref="ArgumentException"/> when <paramref name="fields"/>
    /// can't be written (see <see cref="ObjectStatement"/>), <see cref="TwiBackupException"/> when the key ring has no signer or no
    /// recipient.
    /// </summary>
    public Task<ObjectInfo> PutAsync(
        string key,
        ReadOnlyMemory<byte> content,
        byte[]? plainSha256,
        IReadOnlyDictionary<string, string> fields,
        SealOptions options,
        CancellationToken cancellationToken) => PutAsync(key, content, [], plainSha256, fields, options, cancellationToken);

    /// <summary>As the other, with parts of the content that are <paramref name="packed"/> already.</summary>
    internal async Task<ObjectInfo> PutAsync(
        string key,
        ReadOnlyMemory<byte> content,
        IReadOnlyList<PackedFrame> packed,
        byte[]? plainSha256,
        IReadOnlyDictionary<string, string> fields,
        SealOptions options,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (keys.Signer is not { } signer)
            throw new TwiBackupException(ExitCode.WrongUse, $"{key} needs a signing key. Make one with: twibackup key generate");
        var sha256 = Convert.ToHexStringLower(plainSha256 ?? SHA256.HashData(content.Span));
        var trailer = ObjectStatementText.Write(new ObjectStatement(key, content.Length, sha256, fields), signer);
        await using var upload = await store.CreateAsync(key, PutCondition.IfAbsent, cancellationToken);
        await MemorySealer.SealAsync(upload, keys.Recipients, content, packed, trailer, options, cancellationToken);
        return await upload.CommitAsync(cancellationToken);
    }

    /// <summary>
    /// Opens the object, writes its plaintext to <paramref name="destination"/>, and checks name, length, hash and signature.
    /// What was written must not be used when this throws. At most <paramref name="maxLength"/> plaintext bytes are accepted.
    /// When the current version is absent or does not verify, the oldest version that does is used, since it is written once, and
    /// <paramref name="onOlderVersion"/> told, in one line that says why. (A destination that can seek is rewound for that; one that can't
    /// makes the first version that is there but does not verify the final failure.) Failures of the store itself are passed through: they say nothing about the object.
    /// Throws <see cref="ObjectMissingException"/> when there is no version, <see cref="ObjectRefusedException"/> when none verifies.
    /// </summary>
    public async Task<ObjectStatement> ReadAsync(
        string key,
        Stream destination,
        long maxLength,
        Action<string>? onOlderVersion,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var start = destination.CanSeek ? destination.Position : 0;
        TwiBackupException failure;
        try
        {
            return await ReadVersionAsync(key, null, destination, maxLength, cancellationToken);
        }
        catch (ObjectMissingException e)
        {
            failure = e;
        }
        catch (ObjectForbiddenException e)
        {
            failure = Denied(key, e);
        }
        catch (ObjectRefusedException e) when (destination.CanSeek)
        {
            Rewind(destination, start);
            failure = e;
        }
        var isHidden = failure is ObjectMissingException;
        var versions = await store.ListVersionsAsync(key, cancellationToken).Where(version => version.Key == key).ToListAsync(cancellationToken);
        foreach (var version in Enumerable.Reverse(versions))
        {
            if (version.IsDeleteMarker || (version.IsCurrent && !isHidden)) continue;
            try
            {
                var statement = await ReadVersionAsync(key, version.Version, destination, maxLength, cancellationToken);
                var written = version.Modified.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
                onOlderVersion?.Invoke($"{key}: its version of {written} is used. {failure.Message}");
                return statement;
            }
            catch (ObjectMissingException)
            {
                // It expired since it was listed.
            }
            catch (ObjectForbiddenException e)
            {
                if (isHidden) failure = Denied(key, e);
            }
            catch (ObjectRefusedException e) when (destination.CanSeek)
            {
                Rewind(destination, start);
                // In the end the newest one's reason.
                if (isHidden) failure = e;
            }
        }
        throw failure;
    }

    private async Task<ObjectStatement> ReadVersionAsync(
        string key, string? version, Stream destination, long maxLength, CancellationToken cancellationToken)
    {
        var source = await store.OpenReadAsync(key, null, version, cancellationToken);
        await using var plain = new UnsealingStream(source, keys.Identities, key);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var length = 0L;
            for (int read; (read = await plain.ReadAsync(buffer, cancellationToken)) > 0; length += read)
            {
                if (length + read > maxLength)
                    throw new ObjectRefusedException(key, $"has more than the {maxLength} bytes allowed: it was not written by TwiBackup.");
                hash.AppendData(buffer, 0, read);
                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
            if (plain.Trailer is not { } trailer)
                throw new ObjectRefusedException(key, "carries no signature: it was not written by TwiBackup, or as another kind.");
            var statement = ObjectStatementText.Read(trailer, keys.Trusted, key);
            if (statement.Name != key)
                throw new ObjectRefusedException(key, $"is in truth {statement.Name}: it was copied to another name.");
            if (statement.Length != length || statement.Sha256 != Convert.ToHexStringLower(hash.GetHashAndReset()))
                throw new ObjectRefusedException(key, "has not the content that its signature is for. Use another copy or version of it.");
            return statement;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private static ObjectRefusedException Denied(string key, ObjectForbiddenException e) => new(key, $"can't be read ({e.Message.TrimEnd('.')}).", e);

    private static void Rewind(Stream destination, long start)
    {
        destination.SetLength(start);
        destination.Position = start;
    }
}
