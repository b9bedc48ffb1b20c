using System.Text;
using TwiBackup.Sealing;
using static TwiBackup.Tests.Sealing.Samples;

namespace TwiBackup.Tests.Sealing;

public sealed class AgeHeaderTests
{
    private static readonly byte[] FileKey = Bytes(AgeHeader.FileKeySize);
    private static readonly string Header = Encoding.ASCII.GetString(AgeHeader.Write([Identity.Recipient], FileKey));

    [Fact]
    public void It_opens_to_the_file_key()
    {
        var fileKey = new byte[AgeHeader.FileKeySize];
        Assert.True(AgeHeader.TryOpen(Encoding.ASCII.GetBytes(Header), [AgeIdentity.Generate(), Identity], fileKey));
        Assert.Equal(FileKey, fileKey);
        Assert.False(AgeHeader.TryOpen(Encoding.ASCII.GetBytes(Header), [AgeIdentity.Generate()], fileKey));
    }

    [Fact]
    public void Stanzas_of_unknown_types_are_ignored_but_must_be_well_formed()
    {
        Assert.True(Opens(WithStanza("-> example.com/grease a b ~!\nAAAA\n")));
        Assert.True(Opens(WithStanza("-> empty\n\n")));
        Assert.True(Opens(WithStanza($"-> long\n{new string('A', 64)}\n{new string('A', 64)}\n\n")));
        Assert.True(Opens(WithStanza("-> x25519 lower case is another type\nAAAA\n")));
    }

    [Theory]
    [InlineData("-> \nAAAA\n")]
    [InlineData("-> a  b\nAAAA\n")]
    [InlineData("-> a \nAAAA\n")]
    [InlineData("-> \u00e9\nAAAA\n")]
    [InlineData("-> a\tb\nAAAA\n")]
    [InlineData("-> a\r\nAAAA\n")]
    [InlineData("-> a\nAAAA\r\n")]
    [InlineData("-> a\nAAAA====\n")]
    [InlineData("-> a\nAA==\n")]
    [InlineData("-> a\nAB\n")]
    [InlineData("-> a\nA\n")]
    [InlineData("-> a\nAA AA\n")]
    [InlineData("-> a\n")]
    [InlineData("-> a\nAAAA\nAAAA\n")]
    [InlineData("->a\nAAAA\n")]
    [InlineData("-> X25519\nAAAA\n")]
    [InlineData("-> X25519 AAAA\nAAAA\n")]
    [InlineData("-> scrypt bBjlhJVYZeE4aqUdmtRHfw 18\nkrkRdJkjEI9PJ4OoVMFvGDcBMzKDxW9FqmhhY4xHfSg\n")]
    public void A_stanza_that_is_not_to_the_letter_is_refused(string stanza) =>
        Assert.Throws<FormatException>(() => Opens(WithStanza(stanza)));

    [Fact]
    public void A_line_of_more_than_64_columns_is_refused() =>
        Assert.Throws<FormatException>(() => Opens(WithStanza($"-> a\n{new string('A', 68)}\n")));

    [Theory]
    [InlineData("--- ", "---")]
    [InlineData("--- ", "---  ")]
    [InlineData("--- ", "---- ")]
    public void The_mac_line_is_to_the_letter(string written, string changed) =>
        Assert.Throws<FormatException>(() => Opens(Header.Replace(written, changed, StringComparison.Ordinal)));

    [Fact]
    public void A_header_without_recipient_or_with_too_many_is_refused()
    {
        Assert.Throws<FormatException>(() => Opens($"age-encryption.org/v1\n{Header[Header.IndexOf("---", StringComparison.Ordinal)..]}"));
        var many = string.Concat(Enumerable.Repeat("-> a\n\n", AgeHeader.MaxStanzas));
        var refused = Assert.Throws<FormatException>(() => Opens(WithStanza(many, resign: false)));
        Assert.Contains("more than", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_header_without_end_is_refused_before_it_fills_the_memory()
    {
        var body = string.Concat(Enumerable.Repeat(new string('A', 64) + "\n", 100_000));
        var endless = Encoding.ASCII.GetBytes($"age-encryption.org/v1\n-> a\n{body}");
        var source = new MemoryStream(endless);
        await Assert.ThrowsAsync<ObjectRefusedException>(() => UnsealAsync(source, Identity));
        // Nobody can ask a disposed stream how far it was read, so a second look.
        var again = new MemoryStream(endless);
        using var age = new AgeReader(again, [Identity], "x");
        Assert.Throws<ObjectRefusedException>(() =>
        {
            while (!age.TryNext(out _)) age.Fill();
        });
        Assert.True(again.Position < 2 * MiB);
    }

    [Fact]
    public void A_share_of_low_order_is_refused()
    {
        var zero = StrictBase64.EncodeRaw(new byte[32]);
        Assert.Throws<FormatException>(() => Opens(WithStanza($"-> X25519 {zero}\n{zero}\n", first: true)));
    }

    /// <summary>Adds a stanza and makes the MAC anew, so that nothing but the stanza is at fault.</summary>
    private static string WithStanza(string stanza, bool resign = true, bool first = false)
    {
        var at = first ? AgeHeader.VersionLine.Length : Header.IndexOf("---", StringComparison.Ordinal);
        var changed = Header.Insert(at, stanza);
        if (!resign) return changed;
        var covered = changed[..(changed.IndexOf("\n---", StringComparison.Ordinal) + 4)];
        Span<byte> key = stackalloc byte[32];
        System.Security.Cryptography.HKDF.DeriveKey(System.Security.Cryptography.HashAlgorithmName.SHA256, FileKey, key, [], "header"u8);
        var mac = System.Security.Cryptography.HMACSHA256.HashData(key, Encoding.Latin1.GetBytes(covered));
        return $"{covered} {StrictBase64.EncodeRaw(mac)}\n";
    }

    private static bool Opens(string header) =>
        AgeHeader.TryOpen(Encoding.Latin1.GetBytes(header), [Identity], new byte[AgeHeader.FileKeySize]);
}
