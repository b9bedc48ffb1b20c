using System.Buffers.Binary;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace TwiBackup.Sealing;

/// <summary>
/// Inflates the zstd frames (<see href="https://www.rfc-editor.org/rfc/rfc8878">RFC 8878</see>) that an <see cref="AgeReader"/> gives, one
/// behind the other. The window is what bounds memory: one above 128 MiB is refused, and pages of it are touched only by data that is
/// there.
/// </summary>
internal sealed class FrameReader(AgeReader age, string objectName) : IDisposable
{
    private const uint ZstdMagic = 0xFD2FB528;
    private const int MaxWindowLog = 27;
    private const int MagicSize = 4;
    private readonly byte[] _head = new byte[SkippableFrame.HeaderSize];
    private ZstdInflater? _zstd;
    private ReadOnlyMemory<byte> _input;
    private State _state;
    private int _headLength;
    private bool _outputWaits;
    private bool _dataSeen;
    private bool _afterData;
    private long _skipped;
    private byte[]? _content;

    private enum State
    {
        Magic,
        Data,
        SkippableHead,
        Skippable,
        End,
    }

    /// <summary>At the end: content of our skippable frame, when the data was followed by it and by nothing else.</summary>
    public byte[]? Trailer { get; private set; }

    /// <summary>Whether all frames were read and nothing is behind them.</summary>
    public bool Ended => _state == State.End;

    /// <summary>
    /// Inflates into <paramref name="destination"/>. Unless that is full, either the end is reached or the source must be read first.
    /// </summary>
    public int Read(Span<byte> destination)
    {
        var written = 0;
        while (_state != State.End && written < destination.Length)
        {
            if (_input.IsEmpty && !_outputWaits && !age.TryNext(out _input))
            {
                if (!age.Ended) break;
                End();
            }
            else if (_state == State.Data)
            {
                _input = _input[Inflate(_input.Span, destination[written..], out var inflated)..];
                written += inflated;
            }
            else if (_state == State.Skippable)
            {
                _input = _input[Skip(_input.Span)..];
            }
            else
            {
                _input = _input[ReadHead(_input.Span, destination[written..])..];
            }
        }
        return written;
    }

    public void Dispose() => _zstd?.Dispose();

    private int Inflate(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        try
        {
            var ended = _zstd!.Inflate(source, destination, out var consumed, out written);
            _outputWaits = !ended && written == destination.Length;
            if (ended) (_state, _headLength, _afterData) = (State.Magic, 0, true);
            return consumed;
        }
        catch (ZstdException e)
        {
            throw Refused(
                e.Code == ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge
                    ? $"asks for a zstd window of more than {1 << (MaxWindowLog - 20)} MiB: it was not written by TwiBackup."
                    : $"holds a zstd frame that can't be inflated ({e.Message}). Use another copy or version of it.",
                e);
        }
    }

    private int ReadHead(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var wanted = _state == State.Magic ? MagicSize : SkippableFrame.HeaderSize;
        var taken = Math.Min(source.Length, wanted - _headLength);
        source[..taken].CopyTo(_head.AsSpan(_headLength));
        _headLength += taken;
        if (_headLength < wanted) return taken;
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(_head);
        if (_state == State.SkippableHead) BeginSkippable(magic, BinaryPrimitives.ReadUInt32LittleEndian(_head.AsSpan(MagicSize)));
        else if (magic == ZstdMagic) BeginData(destination);
        else if (SkippableFrame.IsMagic(magic)) _state = State.SkippableHead;
        else throw _dataSeen ? BytesBehind() : NoFrame();
        return taken;
    }

    private void BeginData(Span<byte> destination)
    {
        _zstd ??= new ZstdInflater(MaxWindowLog);
        (_state, _dataSeen, Trailer) = (State.Data, true, null);
        Inflate(_head.AsSpan(0, MagicSize), destination, out _);
    }

    private void BeginSkippable(uint magic, uint length)
    {
        var ours = magic == SkippableFrame.OurMagic && _afterData && length <= SkippableFrame.MaxContent;
        (_content, _skipped, Trailer, _afterData) = (ours ? new byte[length] : null, length, null, false);
        _state = State.Skippable;
        if (length == 0) EndSkippable();
    }

    private int Skip(ReadOnlySpan<byte> source)
    {
        var taken = (int)Math.Min(source.Length, _skipped);
        if (_content is not null) source[..taken].CopyTo(_content.AsSpan(_content.Length - (int)_skipped));
        _skipped -= taken;
        if (_skipped == 0) EndSkippable();
        return taken;
    }

    private void EndSkippable() => (_state, _headLength, Trailer, _content) = (State.Magic, 0, _content, null);

    private void End()
    {
        if (_state != State.Magic) throw Refused("ends inside a zstd frame. Use another copy or version of it.");
        if (_headLength > 0) throw BytesBehind();
        if (!_dataSeen) throw NoFrame();
        _state = State.End;
    }

    private ObjectRefusedException BytesBehind() => Refused("has bytes behind its last zstd frame. Use another copy or version of it.");

    private ObjectRefusedException NoFrame() => Refused("holds no zstd frame: it was not written by TwiBackup.");

    private ObjectRefusedException Refused(string reason, Exception? cause = null) => new(objectName, reason, cause);
}
