using System.Globalization;
using System.Text;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>
/// Rows in COPY's text format (<see href="https://www.postgresql.org/docs/current/sql-copy.html">COPY, "Text Format"</see>),
/// collected until a block is worth sending.
/// </summary>
internal sealed class CopyLines(TextWriter target)
{
    private const int BlockChars = 64 * 1024;

    private readonly StringBuilder _block = new(BlockChars + 8192);
    private bool _inRow;

    public CopyLines Add(long value)
    {
        Begin().Append(CultureInfo.InvariantCulture, $"{value}");
        return this;
    }

    public CopyLines Add(bool value)
    {
        Begin().Append(value ? 't' : 'f');
        return this;
    }

    public CopyLines Add(DateTime value)
    {
        Begin().Append(CultureInfo.InvariantCulture, $"{value:yyyy-MM-dd HH:mm:ss.fff}");
        return this;
    }

    public CopyLines Add(ReadOnlySpan<char> value)
    {
        Begin();
        foreach (var letter in value)
        {
            _ = letter switch
            {
                '\\' => _block.Append(@"\\"),
                '\n' => _block.Append(@"\n"),
                '\r' => _block.Append(@"\r"),
                '\t' => _block.Append(@"\t"),
                _ => _block.Append(letter),
            };
        }

        return this;
    }

    public CopyLines AddNull()
    {
        Begin().Append(@"\N");
        return this;
    }

    public ValueTask EndRowAsync(CancellationToken cancellation)
    {
        _block.Append('\n');
        _inRow = false;
        return _block.Length < BlockChars ? ValueTask.CompletedTask : new ValueTask(FlushAsync(cancellation));
    }

    public async Task FlushAsync(CancellationToken cancellation)
    {
        await target.WriteAsync(_block, cancellation);
        _block.Clear();
    }

    private StringBuilder Begin()
    {
        if (_inRow) _block.Append('\t');
        _inRow = true;
        return _block;
    }
}
