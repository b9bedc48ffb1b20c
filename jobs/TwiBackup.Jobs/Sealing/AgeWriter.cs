using System.Buffers;
using System.Security.Cryptography;

namespace TwiBackup.Sealing;

/// <summary>
/// Encrypts to the sink as age v1: header with the first bytes, then the chunks, many to one write of the sink. One task at a time.
/// </summary>
internal sealed class AgeWriter : IDisposable
{
    /// <summary>Chunks of one write to the sink: as many as fit a pooled buffer of 1 MiB.</summary>
    private const int BatchSize = 15 * ChunkCipher.SealedSize;

    private readonly Stream _sink;
    private readonly byte[] _preamble;
    private readonly ChunkCipher _cipher;
    private byte[]? _held;
    private int _heldLength;
    private byte[]? _batch;
    private int _batchLength;

    /// <exception cref="TwiBackupException">There is no recipient, or there are too many.</exception>
    public AgeWriter(Stream sink, IReadOnlyList<AgeRecipient> recipients)
    {
        if (recipients.Count is 0 or > AgeHeader.MaxStanzas)
            throw new TwiBackupException(ExitCode.WrongUse, $"Give 1 to {AgeHeader.MaxStanzas} recipients, not {recipients.Count}.");
        _sink = sink;
        Span<byte> fileKey = stackalloc byte[AgeHeader.FileKeySize];
        RandomNumberGenerator.Fill(fileKey);
        var nonce = RandomNumberGenerator.GetBytes(ChunkCipher.NonceSize);
        _preamble = [.. AgeHeader.Write(recipients, fileKey), .. nonce];
        _cipher = new ChunkCipher(fileKey, nonce);
        CryptographicOperations.ZeroMemory(fileKey);
    }

    /// <summary>Takes plaintext. A chunk is sealed only when bytes follow it, since the last one is marked as such.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (_heldLength > 0)
        {
            data = Hold(data);
            if (data.IsEmpty) return;
            await SealAsync(_held.AsMemory(0, _heldLength), cancellationToken);
            _heldLength = 0;
        }
        for (; data.Length > ChunkCipher.PlainSize; data = data[ChunkCipher.PlainSize..])
            await SealAsync(data[..ChunkCipher.PlainSize], cancellationToken);
        Hold(data);
    }

    /// <summary>Seals what is held as the last chunk and hands everything to the sink.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_batchLength > BatchSize - _heldLength - ChunkCipher.TagSize) await FlushAsync(cancellationToken);
        EnsureBatch(_heldLength + ChunkCipher.TagSize);
        _batchLength += _cipher.Seal(_held.AsSpan(0, _heldLength), last: true, _batch.AsSpan(_batchLength));
        await FlushAsync(cancellationToken);
    }

    public void Dispose()
    {
        _cipher.Dispose();
        if (_held is not null) ArrayPool<byte>.Shared.Return(_held, clearArray: true);
        if (_batch is not null) ArrayPool<byte>.Shared.Return(_batch);
        (_held, _batch) = (null, null);
    }

    private ReadOnlyMemory<byte> Hold(ReadOnlyMemory<byte> data)
    {
        if (data.IsEmpty) return data;
        _held ??= ArrayPool<byte>.Shared.Rent(ChunkCipher.PlainSize);
        var taken = Math.Min(data.Length, ChunkCipher.PlainSize - _heldLength);
        data.Span[..taken].CopyTo(_held.AsSpan(_heldLength));
        _heldLength += taken;
        return data[taken..];
    }

    private ValueTask SealAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        EnsureBatch(BatchSize);
        _batchLength += _cipher.Seal(chunk.Span, last: false, _batch.AsSpan(_batchLength));
        return _batchLength > BatchSize - ChunkCipher.SealedSize ? FlushAsync(cancellationToken) : ValueTask.CompletedTask;
    }

    /// <summary>The first batch begins with the preamble; that of a small object is no bigger than it needs.</summary>
    private void EnsureBatch(int capacity)
    {
        if (_batch is not null) return;
        _batch = ArrayPool<byte>.Shared.Rent(_preamble.Length + capacity);
        _preamble.CopyTo(_batch, 0);
        _batchLength = _preamble.Length;
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await _sink.WriteAsync(_batch.AsMemory(0, _batchLength), cancellationToken);
        _batchLength = 0;
    }
}
