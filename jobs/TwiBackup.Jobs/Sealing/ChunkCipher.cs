using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TwiBackup.Sealing;

/// <summary>
/// The payload's STREAM of ChaCha20-Poly1305 chunks (<see href="https://github.com/C2SP/C2SP/blob/main/age.md#payload">age, payload</see>).
/// The nonce is the chunk's number and whether it is the last: chunks can't be moved, dropped, or added.
/// </summary>
internal sealed class ChunkCipher : IDisposable
{
    public const int NonceSize = 16;
    public const int PlainSize = 64 << 10;
    public const int TagSize = 16;
    public const int SealedSize = PlainSize + TagSize;
    private readonly ChaCha20Poly1305 _aead;
    private readonly byte[] _nonce = new byte[12];

    public ChunkCipher(ReadOnlySpan<byte> fileKey, ReadOnlySpan<byte> payloadNonce)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, key, payloadNonce, "payload"u8);
        _aead = new ChaCha20Poly1305(key);
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>Chunks done so far.</summary>
    public ulong Count { get; private set; }

    /// <summary>Seals the next chunk into <paramref name="destination"/> and returns the bytes written there.</summary>
    public int Seal(ReadOnlySpan<byte> plain, bool last, Span<byte> destination)
    {
        SetNonce(last);
        _aead.Encrypt(_nonce, plain, destination[..plain.Length], destination.Slice(plain.Length, TagSize));
        Count++;
        return plain.Length + TagSize;
    }

    /// <summary>
    /// Opens the next chunk into <paramref name="plain"/>; on false nothing is released and the same chunk may be tried again.
    /// </summary>
    public bool TryOpen(ReadOnlySpan<byte> chunk, bool last, Span<byte> plain)
    {
        SetNonce(last);
        var length = chunk.Length - TagSize;
        try
        {
            _aead.Decrypt(_nonce, chunk[..length], chunk[length..], plain[..length]);
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
        Count++;
        return true;
    }

    public void Dispose() => _aead.Dispose();

    private void SetNonce(bool last)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_nonce.AsSpan(3), Count);
        _nonce[11] = last ? (byte)1 : (byte)0;
    }
}
