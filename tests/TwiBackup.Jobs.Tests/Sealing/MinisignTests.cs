using System.Text;
using TwiBackup.Sealing;

namespace TwiBackup.Tests.Sealing;

public sealed class MinisignTests
{
    private static readonly SigningKey Key = SigningKey.Generate();
    private static readonly byte[] Content = Encoding.UTF8.GetBytes("content");

    [Fact]
    public void What_is_signed_verifies_and_gives_its_trusted_comment_back()
    {
        var signature = Minisign.Sign(Key, Content, "a comment");
        Assert.Equal("a comment", Minisign.Verify([SigningKey.Generate().Public, Key.Public], Content, signature, "x"));
        Assert.Equal("", Minisign.Verify([Key.Public], [], Minisign.Sign(Key, [], ""), "x"));
    }

    [Fact]
    public void Any_change_of_content_or_signature_is_refused()
    {
        var signature = Minisign.Sign(Key, Content, "a comment");
        Assert.Throws<ObjectRefusedException>(() => Minisign.Verify([Key.Public], "Content"u8, signature, "x"));
        var untrusted = signature.IndexOf('\n', StringComparison.Ordinal);
        for (var i = 0; i < signature.Length - 1; i++)
        {
            // Behind its first words the untrusted comment may say anything.
            if (i >= "untrusted comment: ".Length && i < untrusted) continue;
            foreach (var c in "A \n")
            {
                if (signature[i] == c) continue;
                var changed = string.Concat(signature.AsSpan(0, i), [c], signature.AsSpan(i + 1));
                Assert.Throws<ObjectRefusedException>(() => Minisign.Verify([Key.Public], Content, changed, "x"));
            }
        }
    }

    [Fact]
    public void A_signature_by_nobody_who_is_trusted_is_refused_and_says_whose_it_is()
    {
        var refused = Assert.Throws<ObjectRefusedException>(
            () => Minisign.Verify([SigningKey.Generate().Public], Content, Minisign.Sign(Key, Content, "c"), "the manifest"));
        Assert.StartsWith("the manifest ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Key.Public.KeyId, refused.Message, StringComparison.Ordinal);
        Assert.Throws<ObjectRefusedException>(() => Minisign.Verify([], Content, Minisign.Sign(Key, Content, "c"), "x"));
    }

    [Fact]
    public void A_key_with_the_id_of_a_trusted_one_does_not_pass_for_it()
    {
        var forger = SigningKey.Generate();
        // Its file with the other's id, and the checksum left out as minisign does.
        var bytes = Convert.FromBase64String(forger.RevealFileText().Split('\n')[1]);
        Key.Public.Id.CopyTo(bytes.AsSpan(54));
        bytes.AsSpan(bytes.Length - 32).Clear();
        forger = SigningKey.Parse($"untrusted comment: x\n{Convert.ToBase64String(bytes)}\n", "x");
        Assert.Equal(Key.Public.KeyId, forger.Public.KeyId);
        var signature = Minisign.Sign(forger, Content, "c");
        var refused = Assert.Throws<ObjectRefusedException>(() => Minisign.Verify([Key.Public], Content, signature, "x"));
        Assert.Contains("does not fit", refused.Message, StringComparison.Ordinal);
        // Who trusts both accepts it: ids only pick the key.
        Minisign.Verify([Key.Public, forger.Public], Content, signature, "x");
    }

    [Theory]
    [InlineData("")]
    [InlineData("no signature")]
    [InlineData("untrusted comment: \n\ntrusted comment: \n\n")]
    public void Text_that_is_no_signature_is_refused(string text) =>
        Assert.Throws<ObjectRefusedException>(() => Minisign.Verify([Key.Public], Content, text, "x"));

    [Fact]
    public void Lines_too_many_or_of_windows_are_refused()
    {
        var signature = Minisign.Sign(Key, Content, "c");
        Assert.Throws<ObjectRefusedException>(() => Minisign.Verify([Key.Public], Content, $"{signature}\n", "x"));
        var ofWindows = signature.Replace("\n", "\r\n", StringComparison.Ordinal);
        Assert.Throws<ObjectRefusedException>(() => Minisign.Verify([Key.Public], Content, ofWindows, "x"));
    }

    [Fact]
    public void A_trusted_comment_of_two_lines_is_not_signed() =>
        Assert.Throws<ArgumentException>(() => Minisign.Sign(Key, Content, "a\nb"));
}
