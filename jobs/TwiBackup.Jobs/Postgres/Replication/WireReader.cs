using System.Buffers.Binary;

namespace TwiBackup.Postgres.Replication;

/// <summary>
/// Cuts what the server sends into messages, without copying: a message's body is a slice of the one receive buffer, so it is valid
/// until the next read only. A read goes to the socket only when the buffer holds no whole message. A cancelled read loses nothing.
/// </summary>
internal sealed class WireReader(Stream stream, string server)
{
    private const int _bufferSize = 512 * 1024;
    private const int _header = 5;

    // Less free room than this at the buffer's end, and what is left is moved to its beginning before receiving.
    private const int _leastRoom = 64 * 1024;

    // Not from a pool: who still works on a slice while another disposes the connection must not see somebody else's bytes.
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(_bufferSize);
    private int _start;
    private int _end;

    /// <summary>The next message. Throws one line when the connection is lost or what comes is not PostgreSQL's protocol.</summary>
    public ValueTask<WireMessage> ReadAsync(CancellationToken cancellationToken) =>
        TryTake(out var message) ? new ValueTask<WireMessage>(message) : ReceiveAsync(cancellationToken);

    private async ValueTask<WireMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        WireMessage message;
        do
        {
            MakeRoom();
            int count;
            try
            {
                count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                throw Lost(e);
            }
            if (count == 0)
                throw Lost(null);
            _end += count;
        }
        while (!TryTake(out message));
        return message;
    }

    private bool TryTake(out WireMessage message)
    {
        message = default;
        if (_end - _start < _header)
            return false;
        var type = _buffer[_start];
        var total = TotalLength();
        if (_end - _start < total)
            return false;
        message = new WireMessage(type, _buffer.AsMemory(_start + _header, total - _header));
        _start += total;
        return true;
    }

    private int TotalLength()
    {
        var type = _buffer[_start];
        var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start + 1));
        if (length < 4 || length > Limit(type))
            throw new TwiBackupException($"What {server} sends is not PostgreSQL's protocol (a message of type {type} and length "
                + $"{length}). Check host and port, and that no proxy stands between.");
        return length + 1;
    }

    // A server sends at most 32 KiB of a base backup and 128 KiB of WAL a message; history files are the largest rows we ask for.
    private static int Limit(byte type) => type switch
    {
        (byte)'d' => 16 * 1024 * 1024,
        (byte)'D' => 64 * 1024 * 1024,
        (byte)'E' or (byte)'N' => 1024 * 1024,
        (byte)'R' or (byte)'S' or (byte)'K' or (byte)'Z' or (byte)'T' or (byte)'C' or (byte)'H' or (byte)'W' or (byte)'c' or (byte)'A'
            or (byte)'I' or (byte)'v' => 64 * 1024,
        _ => 0,
    };

    private void MakeRoom()
    {
        var held = _end - _start;
        var wanted = held < _header ? _header : TotalLength();
        if (wanted > _buffer.Length)
        {
            var larger = GC.AllocateUninitializedArray<byte>(wanted);
            _buffer.AsSpan(_start, held).CopyTo(larger);
            _buffer = larger;
        }
        else if (held > 0 && _buffer.Length - _end < Math.Max(_leastRoom, wanted - held))
        {
            _buffer.AsSpan(_start, held).CopyTo(_buffer);
        }
        else if (held > 0)
        {
            return;
        }
        _start = 0;
        _end = held;
    }

    private TwiBackupException Lost(Exception? cause) =>
        new($"The connection to PostgreSQL at {server} was lost: the server closed it or went away. Look into the server's log, and try "
            + $"again.", cause);
}
