using System.Buffers.Binary;
using System.Text;

namespace TwiBackup.Postgres.Replication;

/// <summary>Takes a message's body apart, field by field. Reading past its end is a protocol error, not a crash.</summary>
internal ref struct BodyReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte Byte() => Take(1)[0];

    public short Int16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    public string Text()
    {
        var end = _rest.IndexOf((byte)0);
        if (end < 0)
            throw Malformed();
        var text = Encoding.UTF8.GetString(_rest[..end]);
        _rest = _rest[(end + 1)..];
        return text;
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _rest.Length)
            throw Malformed();
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    public static TwiBackupException Malformed() =>
        new("PostgreSQL sent a message that cannot be read. Check that no proxy stands between, and that the server is of version 13 to "
            + "18.");
}
