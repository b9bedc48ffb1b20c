using System.Text;
using TwiBackup.Sealing;

namespace TwiBackup.Tests.Sealing;

public sealed class ObjectStatementTests
{
    private static readonly SigningKey Signer = SigningKey.Generate();
    private static readonly string Sha256 = new('a', 64);

    [Fact]
    public async Task It_is_text_that_minisign_checks()
    {
        using var folder = new TempFolder();
        var trailer = Encoding.UTF8.GetString(ObjectStatementText.Write(Statement([("mark", "1"), ("before", "ü")]), Signer));
        var end = trailer.IndexOf("\n\n", StringComparison.Ordinal);
        Assert.Equal($"twibackup-object 1\nname: a/b\nlength: 12\nsha256: {Sha256}\nbefore: ü\nmark: 1\n", trailer[..(end + 1)]);
        var file = folder.Write("statement", trailer[..(end + 1)]);
        folder.Write("statement.minisig", trailer[(end + 2)..]);
        await Tool.RunAsync([], "minisign", "-V", "-m", file, "-P", Signer.Public.ToString());
    }

    [Theory]
    [InlineData("Upper", "x")]
    [InlineData("", "x")]
    [InlineData("1st", "x")]
    [InlineData("a b", "x")]
    [InlineData("a:", "x")]
    [InlineData("name", "x")]
    [InlineData("sha256", "x")]
    [InlineData("mark", "two\nlines")]
    [InlineData("mark", "bell\u0007")]
    [InlineData("mark", "\u0085")]
    public void Fields_that_can_not_be_written_are_refused(string key, string value) =>
        Assert.ThrowsAny<ArgumentException>(() => ObjectStatementText.Write(Statement([(key, value)]), Signer));

    [Fact]
    public void Names_lengths_and_hashes_that_can_not_be_written_are_refused()
    {
        Assert.ThrowsAny<ArgumentException>(() => ObjectStatementText.Write(Statement([]) with { Name = "a\nb" }, Signer));
        Assert.ThrowsAny<ArgumentException>(() => ObjectStatementText.Write(Statement([]) with { Name = "half a pair \ud800" }, Signer));
        Assert.ThrowsAny<ArgumentException>(() => ObjectStatementText.Write(Statement([]) with { Length = -1 }, Signer));
        Assert.ThrowsAny<ArgumentException>(() => ObjectStatementText.Write(Statement([]) with { Sha256 = new string('A', 64) }, Signer));
        Assert.ThrowsAny<ArgumentException>(() => ObjectStatementText.Write(Statement([("mark", new string('x', 64 << 10))]), Signer));
    }

    [Theory]
    [InlineData("")]
    [InlineData("twibackup-object 1\n")]
    [InlineData("twibackup-object 2\nname: a\nlength: 1\nsha256: {0}\n")]
    [InlineData("twibackup-object 1\nlength: 1\nname: a\nsha256: {0}\n")]
    [InlineData("twibackup-object 1\nname: a\nlength: 1\nsha256: {0}\nz: 1\na: 1\n")]
    [InlineData("twibackup-object 1\nname: a\nlength: 1\nsha256: {0}\na: 1\na: 1\n")]
    [InlineData("twibackup-object 1\nname: a\nname: b\nlength: 1\nsha256: {0}\n")]
    [InlineData("twibackup-object 1\nname: a\nlength: 01\nsha256: {0}\n")]
    [InlineData("twibackup-object 1\nname: a\nlength: +1\nsha256: {0}\n")]
    [InlineData("twibackup-object 1\nname: a\nlength: -1\nsha256: {0}\n")]
    [InlineData("twibackup-object 1\nname: a\nlength:  1\nsha256: {0}\n")]
    [InlineData("twibackup-object 1\nname: a\nlength: 99999999999999999999\nsha256: {0}\n")]
    [InlineData("twibackup-object 1\nname: a\nlength: 1\nsha256: {0}0\n")]
    [InlineData("twibackup-object 1\nname: a\nlength: 1\nsha256: {0}\nno colon\n")]
    [InlineData("twibackup-object 1\nname: a\nlength: 1\nsha256: {0}\nUpper: 1\n")]
    [InlineData("twibackup-object 1\r\nname: a\r\nlength: 1\r\nsha256: {0}\r\n")]
    [InlineData("twibackup-object 1\nname: a\tb\nlength: 1\nsha256: {0}\n")]
    [InlineData("twibackup-object 1\nname: a\nlength: 1\nsha256: {0}\na: \u007f\n")]
    [InlineData("\ufefftwibackup-object 1\nname: a\nlength: 1\nsha256: {0}\n")]
    [InlineData("twibackup-object 1 \nname: a\nlength: 1\nsha256: {0}\n")]
    public void Text_in_another_form_is_refused_also_when_it_is_signed(string lines)
    {
        var signed = Encoding.UTF8.GetBytes(lines.Replace("{0}", Sha256, StringComparison.Ordinal));
        Assert.Throws<ObjectRefusedException>(() => ObjectStatementText.Read(Signed(signed), [Signer.Public], "x"));
    }

    [Fact]
    public void The_form_itself_is_accepted()
    {
        var lines = Encoding.UTF8.GetBytes($"twibackup-object 1\nname: a\nlength: 1\nsha256: {Sha256}\na: \nb-2: x: y\n");
        var statement = ObjectStatementText.Read(Signed(lines), [Signer.Public], "x");
        Assert.Equal(("a", 1, Sha256), (statement.Name, statement.Length, statement.Sha256));
        Assert.Equal(new Dictionary<string, string> { ["a"] = "", ["b-2"] = "x: y" }, statement.Fields);
    }

    [Fact]
    public void Bytes_that_are_no_utf8_are_refused()
    {
        byte[] lines = [.. Encoding.UTF8.GetBytes($"twibackup-object 1\nname: a\nlength: 1\nsha256: {Sha256}\na: "), 0xff, (byte)'\n'];
        Assert.Throws<ObjectRefusedException>(() => ObjectStatementText.Read(Signed(lines), [Signer.Public], "x"));
        Assert.Throws<ObjectRefusedException>(() => ObjectStatementText.Read([0xff, (byte)'\n', (byte)'\n', 0xff], [Signer.Public], "x"));
    }

    private static byte[] Signed(byte[] lines) => [.. lines, (byte)'\n', .. Encoding.UTF8.GetBytes(Minisign.Sign(Signer, lines, "x"))];

    private static ObjectStatement Statement((string Key, string Value)[] fields) =>
        new("a/b", 12, Sha256, fields.ToDictionary(field => field.Key, field => field.Value));
}
