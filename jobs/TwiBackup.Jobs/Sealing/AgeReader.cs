using System.Buffers;
using System.Security.Cryptography;

namespace TwiBackup.Sealing;

/// <summary>
/// Opens an age v1 file chunk by chunk. It does no waiting: <see cref="TryNext"/> says when more bytes of the source are needed, which
/// <see cref="Fill"/> or <see cref="FillAsync"/> fetches. So the code is the same for both ways of reading.
/// </summary>
internal sealed class AgeReader(Stream source, IReadOnlyList<AgeIdentity> identities, string objectName) : IDisposable
{
    /// <summary>Chunks that are opened in one go: enough for zstd to find whole blocks, little enough for the processor's cache.</summary>
    private const int BatchChunks = 4;

    /// <summary>The buffer grows in these steps: a small object needs no large one.</summary>
    private static ReadOnlySpan<int> BufferSizes => [16 << 10, 128 << 10, 1 << 20];

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSizes[0]);
    private int _start;
    private int _end;
    private bool _sourceEnded;
    private byte[]? _plain;
    private ChunkCipher? _cipher;
    private byte[]? _fileKey;

    /// <summary>Whether the last chunk was opened: the file is whole.</summary>
    public bool Ended { get; private set; }

    /// <summary>The next plaintext, valid until the next call; false when the source must be read first, or at the end.</summary>
    public bool TryNext(out ReadOnlyMemory<byte> plain)
    {
        plain = default;
        if (Ended || (_cipher is null && !TryBegin())) return false;
        var length = 0;
        for (var i = 0; i < BatchChunks && !Ended && TryOpenChunk(length, out var opened); i++) length += opened;
        plain = _plain.AsMemory(0, length);
        return length > 0;
    }

    public async ValueTask FillAsync(CancellationToken cancellationToken) => Took(await source.ReadAsync(Space(), cancellationToken));

    public void Fill() => Took(source.Read(Space().Span));

    public void Dispose()
    {
        _cipher?.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        if (_plain is not null) ArrayPool<byte>.Shared.Return(_plain, clearArray: true);
        _plain = null;
    }

    private bool TryBegin()
    {
        if (_fileKey is null && !TryReadHeader()) return false;
        if (_end - _start < ChunkCipher.NonceSize) return _sourceEnded ? throw Truncated() : false;
        _cipher = new ChunkCipher(_fileKey, _buffer.AsSpan(_start, ChunkCipher.NonceSize));
        CryptographicOperations.ZeroMemory(_fileKey);
        _start += ChunkCipher.NonceSize;
        return true;
    }

    private bool TryReadHeader()
    {
        var bytes = _buffer.AsSpan(0, _end);
        var version = AgeHeader.VersionLine;
        var compared = Math.Min(bytes.Length, version.Length);
        if (!bytes[..compared].SequenceEqual(version[..compared])) throw Foreign(bytes);
        var length = AgeHeader.FindEnd(bytes);
        if (length < 0 && _end >= AgeHeader.MaxLength) length = int.MaxValue;
        if (length > AgeHeader.MaxLength)
            throw Refused($"has an age header of more than {AgeHeader.MaxLength} bytes: it was not written by TwiBackup.");
        if (length < 0) return _sourceEnded ? throw Truncated() : false;
        var fileKey = new byte[AgeHeader.FileKeySize];
        try
        {
            if (!AgeHeader.TryOpen(bytes[..length], identities, fileKey))
                throw Refused("is sealed to other recipients: none of the identities opens it. Give the identity of its recipient.");
        }
        catch (FormatException e)
        {
            throw Refused($"has {e.Message}: it was changed, or not written by TwiBackup. Use another copy or version of it.", e);
        }
        (_fileKey, _start) = (fileKey, length);
        return true;
    }

    private bool TryOpenChunk(int at, out int opened)
    {
        var have = _end - _start;
        // The last chunk is marked: a whole one can be told from it only by what follows.
        var last = have <= ChunkCipher.SealedSize;
        opened = 0;
        if (last && !_sourceEnded) return false;
        if (have < ChunkCipher.TagSize) throw Truncated();
        _plain ??= ArrayPool<byte>.Shared.Rent(BatchChunks * ChunkCipher.PlainSize);
        var chunk = _buffer.AsSpan(_start, Math.Min(have, ChunkCipher.SealedSize));
        var plain = _plain.AsSpan(at, chunk.Length - ChunkCipher.TagSize);
        if (!_cipher!.TryOpen(chunk, last, plain)) throw Unopened(chunk, last, plain);
        if (last && plain.IsEmpty && _cipher.Count > 1)
            throw Refused("ends in an empty chunk, which age does not write. Use another copy or version of it.");
        Ended = last;
        _start += chunk.Length;
        opened = plain.Length;
        return true;
    }

    /// <summary>The same chunk under the other mark tells a wrong length from a change.</summary>
    private ObjectRefusedException Unopened(ReadOnlySpan<byte> chunk, bool last, Span<byte> plain)
    {
        if (!_cipher!.TryOpen(chunk, !last, plain))
            return Refused("was changed or cut: its bytes do not fit their authentication tag. Use another copy or version of it.");
        plain.Clear();
        return last ? Truncated() : Refused("has bytes behind its end. Use another copy or version of it.");
    }

    private Memory<byte> Space()
    {
        if (_end == _buffer.Length)
        {
            var kept = _buffer.AsSpan(_start, _end - _start);
            var larger = BufferSizes.IndexOfAnyExceptInRange(0, _buffer.Length);
            var target = larger < 0 ? _buffer : ArrayPool<byte>.Shared.Rent(BufferSizes[larger]);
            kept.CopyTo(target);
            if (target != _buffer) ArrayPool<byte>.Shared.Return(_buffer);
            (_buffer, _start, _end) = (target, 0, kept.Length);
        }
        return _buffer.AsMemory(_end);
    }

    private void Took(int read)
    {
        _end += read;
        _sourceEnded = read == 0;
    }

    private ObjectRefusedException Foreign(ReadOnlySpan<byte> bytes) => Refused(
        bytes.StartsWith("-----BEGIN AGE"u8) ? "is an armored age file: turn it into a binary one first, with: age -d | age"
        : bytes.StartsWith("age-encryption.org/"u8) ? "is of a version of age that is not known: only v1 is."
        : "is not sealed: it is no age file.");

    private ObjectRefusedException Truncated() => Refused("is truncated: its end is missing. Use another copy or version of it.");

    private ObjectRefusedException Refused(string reason, Exception? cause = null) => new(objectName, reason, cause);
}
