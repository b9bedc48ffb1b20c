using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace TwiBackup.Stores;

/// <summary>The bytes of one part, in pooled pieces: a small object takes little, a large part no large array.</summary>
internal sealed class PartBuffer : IDisposable
{
    private const int FirstPiece = 64 << 10;
    private const int Piece = 1 << 20;

    private readonly List<byte[]> _pieces = [];
    private int _used;

    /// <summary>Bytes in it.</summary>
    public long Length { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_pieces.Count == 0 || _used == _pieces[^1].Length)
            {
                _pieces.Add(ArrayPool<byte>.Shared.Rent(_pieces.Count == 0 && bytes.Length <= FirstPiece ? FirstPiece : Piece));
                _used = 0;
            }
            var part = Math.Min(bytes.Length, _pieces[^1].Length - _used);
            bytes[..part].CopyTo(_pieces[^1].AsSpan(_used));
            bytes = bytes[part..];
            _used += part;
            Length += part;
        }
    }

    /// <summary>The piece and place of a byte, as far as that piece has bytes; empty at the end.</summary>
    public ReadOnlyMemory<byte> From(long position)
    {
        foreach (var piece in _pieces)
        {
            var filled = ReferenceEquals(piece, _pieces[^1]) ? _used : piece.Length;
            if (position < filled)
                return piece.AsMemory((int)position, filled - (int)position);
            position -= filled;
        }
        return ReadOnlyMemory<byte>.Empty;
    }

    /// <summary>What S3 calls the ETag of such an object, unless it encrypts with KMS.</summary>
    public byte[] HashMd5()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        for (var position = 0L; position < Length;)
        {
            var piece = From(position);
            hash.AppendData(piece.Span);
            position += piece.Length;
        }
        return hash.GetHashAndReset();
    }

    /// <summary>CRC-32C (RFC 3720, appendix B.4) as S3 writes it: base64 of its four bytes, the highest first.</summary>
    public string HashCrc32C()
    {
        var crc = uint.MaxValue;
        for (var position = 0L; position < Length;)
        {
            var piece = From(position).Span;
            var words = MemoryMarshal.Cast<byte, ulong>(piece);
            foreach (var word in words)
                crc = BitOperations.Crc32C(crc, word);
            foreach (var single in piece[(words.Length * sizeof(ulong))..])
                crc = BitOperations.Crc32C(crc, single);
            position += piece.Length;
        }
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, ~crc);
        return Convert.ToBase64String(bytes);
    }

    public void Dispose()
    {
        foreach (var piece in _pieces)
            ArrayPool<byte>.Shared.Return(piece);
        _pieces.Clear();
        _used = 0;
        Length = 0;
    }
}
