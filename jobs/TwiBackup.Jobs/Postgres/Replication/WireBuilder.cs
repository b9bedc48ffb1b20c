using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace TwiBackup.Postgres.Replication;

/// <summary>Builds the few small messages that we send; type 0 is the startup's form, without a type byte.</summary>
internal sealed class WireBuilder
{
    private readonly ArrayBufferWriter<byte> _bytes = new(256);
    private readonly int _lengthAt;

    public WireBuilder(char type)
    {
        if (type != 0)
            Byte((byte)type);
        _lengthAt = _bytes.WrittenCount;
        Int32(0);
    }

    public WireBuilder Byte(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
        return this;
    }

    public WireBuilder Int32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
        return this;
    }

    public WireBuilder Raw(ReadOnlySpan<byte> value)
    {
        _bytes.Write(value);
        return this;
    }

    /// <summary>A string and the zero that ends it. A zero inside would cut it: refused.</summary>
    public WireBuilder Text(string value)
    {
        if (value.Contains('\0', StringComparison.Ordinal))
            throw new TwiBackupException(ExitCode.WrongUse, "A text for PostgreSQL contains a zero byte, which it cannot hold. Take it "
                + "out.");
        return Raw(Encoding.UTF8.GetBytes(value)).Byte(0);
    }

    public byte[] Build()
    {
        var message = _bytes.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(_lengthAt), message.Length - _lengthAt);
        return message;
    }
}
