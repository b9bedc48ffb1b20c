using System.Globalization;
using System.Text;

namespace TwiBackup.Database;

/// <summary>
/// A ustar header (POSIX.1-1988) as PostgreSQL's base backup writes it: regular files, folders and symbolic links, no extensions.
/// Anything else is refused: nothing that we sealed holds it.
/// </summary>
internal readonly record struct TarHeader(string Name, long Size, char Type, UnixFileMode Mode, string LinkTarget)
{
    public const int BlockSize = 512;
    public const char File = '0';
    public const char Folder = '5';
    public const char SymbolicLink = '2';

    /// <summary>Content bytes and the padding behind them.</summary>
    public long PaddedSize => (Size + BlockSize - 1) / BlockSize * BlockSize;

    /// <summary>Whether a block is one of the zero blocks that end an archive.</summary>
    public static bool IsEnd(ReadOnlySpan<byte> block) => block.IndexOfAnyExcept((byte)0) < 0;

    /// <summary>Reads a header block of 512 bytes. Throws <see cref="InvalidDataException"/>.</summary>
    public static TarHeader Parse(ReadOnlySpan<byte> block)
    {
        var sum = 0;
        for (var i = 0; i < BlockSize; i++)
            sum += i is >= 148 and < 156 ? ' ' : block[i];
        if (ReadOctal(block.Slice(148, 8)) != sum)
            throw new InvalidDataException("The checksum of a tar header is wrong.");
        if (!block.Slice(257, 5).SequenceEqual("ustar"u8))
            throw new InvalidDataException("A tar header is not ustar.");

        var name = ReadText(block[..100]);
        var prefix = ReadText(block.Slice(345, 155));
        var type = block[156] == 0 ? File : (char)block[156];
        if (type is not (File or Folder or SymbolicLink))
            throw new InvalidDataException($"The tar entry \"{name}\" has type '{type}', which no base backup holds.");
        var size = type == File ? ReadNumber(block.Slice(124, 12)) : 0;
        var mode = (UnixFileMode)(ReadOctal(block.Slice(100, 8)) & 0x1FF);
        return new TarHeader(prefix.Length == 0 ? name : prefix + "/" + name, size, type, mode, ReadText(block.Slice(157, 100)));
    }

    private static string ReadText(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>Octal, or base 256 where the first bit is set (sizes from 8 GiB).</summary>
    private static long ReadNumber(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) == 0)
            return ReadOctal(field);
        long value = field[0] & 0x7F;
        foreach (var b in field[1..])
        {
            if (value > long.MaxValue >> 8)
                throw new InvalidDataException("A size in a tar header is too large.");
            value = (value << 8) | b;
        }

        return value;
    }

    private static long ReadOctal(ReadOnlySpan<byte> field)
    {
        var text = ReadText(field).Trim(' ');
        long value = 0;
        foreach (var c in text)
        {
            if (c is < '0' or > '7')
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"A number in a tar header is not octal: \"{text}\"."));
            value = (value << 3) | (long)(c - '0');
        }

        return value;
    }
}
