using System.Text;
using TwiBackup.Sealing;

namespace TwiBackup.Tests.Sealing;

public sealed class KeyTests
{
    // The examples of the age specification.
    private const string SpecIdentity = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
    private const string SpecRecipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

    [Fact]
    public void The_specification_s_example_is_understood()
    {
        var identity = Assert.Single(AgeIdentity.ReadAll(SpecIdentity, "x"));
        Assert.Equal(SpecRecipient, identity.Recipient.ToString());
        Assert.Equal(SpecIdentity, identity.RevealText());
    }

    [Fact]
    public void Secrets_do_not_show_themselves()
    {
        var identity = AgeIdentity.Generate();
        Assert.Equal($"identity of {identity.Recipient}", $"{identity}");
        var key = SigningKey.Generate();
        Assert.Equal($"signing key of {key.Public}", $"{key}");
    }

    [Fact]
    public void An_identity_file_may_hold_several_with_comments_and_blank_lines()
    {
        var (one, two) = (AgeIdentity.Generate(), AgeIdentity.Generate());
        var found = AgeIdentity.ReadAll($"# a\r\n\r\n{one.RevealText()}\r\n  # b\n{two.RevealText()}", "x");
        Assert.Equal([one.Recipient.ToString(), two.Recipient.ToString()], found.Select(identity => identity.Recipient.ToString()));
    }

    [Theory]
    [InlineData("", "holds no identity")]
    [InlineData("# only a comment\n", "holds no identity")]
    [InlineData(SpecRecipient, "does not begin with")]
    [InlineData("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEY", "checksum")]
    [InlineData("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAE", "checksum")]
    [InlineData("age-secret-key-1gfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpq4egaex", "does not begin with")]
    [InlineData("AGE-SECRET-KEY-1gFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX", "case")]
    [InlineData("AGE-SECRET-KEY-1BFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX", "position 17")]
    [InlineData("AGE-SECRET-KEY-1\u212aFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX", "character")]
    public void An_identity_that_is_not_to_the_letter_is_refused_without_quoting_it(string text, string reason)
    {
        var refused = Assert.Throws<TwiBackupException>(() => AgeIdentity.ReadAll(text, "identity.txt"));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.StartsWith("identity.txt ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("YYSJZGFPYY", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Every_single_wrong_character_of_a_recipient_is_found()
    {
        for (var i = 0; i < SpecRecipient.Length; i++)
        {
            foreach (var c in "q1Az!")
            {
                if (SpecRecipient[i] == c) continue;
                var wrong = string.Concat(SpecRecipient.AsSpan(0, i), [c], SpecRecipient.AsSpan(i + 1));
                Assert.Throws<TwiBackupException>(() => AgeRecipient.Parse(wrong));
            }
        }
    }

    [Fact]
    public void A_recipient_of_low_order_is_refused()
    {
        foreach (var first in new byte[] { 0, 1 })
        {
            var point = new byte[32];
            point[0] = first;
            var refused = Assert.Throws<TwiBackupException>(() => AgeRecipient.Parse(Bech32.Encode("age", point)));
            Assert.Contains("low order", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_recipient_of_another_length_or_padding_is_refused()
    {
        Assert.Throws<TwiBackupException>(() => AgeRecipient.Parse(Bech32.Encode("age", new byte[31])));
        Assert.Throws<TwiBackupException>(() => AgeRecipient.Parse(Bech32.Encode("age", new byte[33])));
        Assert.Throws<TwiBackupException>(() => AgeRecipient.Parse(SpecRecipient.ToUpperInvariant()));
    }

    [Theory]
    [InlineData("A", "A12UEL5L", 0)]
    [InlineData("a", "a12uel5l", 0)]
    [InlineData("abcdef", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", 20)]
    [InlineData("split", "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", 30)]
    public void Examples_of_bip173_are_understood(string prefix, string text, int length)
    {
        Assert.True(Bech32.TryDecode(prefix, text, out var data, out _));
        Assert.Equal(length, data.Length);
        Assert.Equal(text, Bech32.Encode(prefix, data));
    }

    [Theory]
    [InlineData("tb", "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3pjxtptv", "padded")]
    [InlineData("a", "A12UEL5L", "begin")]
    [InlineData("a", "a12uEl5l", "case")]
    [InlineData("a", "a12uel5", "short")]
    [InlineData("li", "li1dgmt3", "short")]
    [InlineData("de", "de1lg7wt\u00ff", "character")]
    public void What_bip173_forbids_is_refused(string prefix, string text, string reason)
    {
        Assert.False(Bech32.TryDecode(prefix, text, out _, out var fault));
        Assert.Contains(reason, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_key_given_as_recipient_is_refused_without_quoting_it()
    {
        var refused = Assert.Throws<TwiBackupException>(() => AgeRecipient.Parse(SpecIdentity));
        Assert.Contains("is an identity", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("GFPYYSJZ", refused.Message, StringComparison.OrdinalIgnoreCase);
        var key = SigningKey.Generate().RevealFileText();
        refused = Assert.Throws<TwiBackupException>(() => VerifyKey.Parse(key));
        Assert.Contains("is a secret key", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Split('\n')[1][60..80], refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_signing_key_file_comes_back_and_any_change_of_it_is_found()
    {
        var key = SigningKey.Generate();
        var text = key.RevealFileText();
        Assert.Equal(key.Public.ToString(), SigningKey.Parse(text, "x").Public.ToString());
        var lines = text.Split('\n');
        var bytes = Convert.FromBase64String(lines[1]);
        for (var i = 0; i < bytes.Length; i++)
        {
            // Salt and limits mean nothing without a password.
            if (i is >= 6 and < 54) continue;
            var changed = bytes.ToArray();
            changed[i] ^= 1;
            Assert.Throws<TwiBackupException>(() => SigningKey.Parse($"{lines[0]}\n{Convert.ToBase64String(changed)}\n", "signing.key"));
        }
        foreach (var other in new[] { "", "RW", lines[0], $"{lines[0]}\n\n", $"{text}x", key.Public.ToFileText() })
            Assert.Throws<TwiBackupException>(() => SigningKey.Parse(other, "signing.key"));
    }

    [Fact]
    public void A_public_key_is_read_alone_or_with_its_comment()
    {
        var key = SigningKey.Generate().Public;
        foreach (var text in new[] { $"{key}", $"{key}\n", key.ToFileText() })
        {
            Assert.Equal(key.ToString(), VerifyKey.Parse(text).ToString());
            Assert.Equal(key.KeyId, VerifyKey.Parse(text).KeyId);
        }
        Assert.StartsWith("RW", key.ToString(), StringComparison.Ordinal);
        Assert.Equal(16, key.KeyId.Length);
        string[] wrongOnes = ["", "RW", $"{key}A", $"{key}{key}", $"x\n{key}", key.ToString()[..^4], Convert.ToBase64String(new byte[42])];
        foreach (var wrong in wrongOnes)
            Assert.Throws<TwiBackupException>(() => VerifyKey.Parse(wrong));
    }

    [Fact]
    public void A_public_key_of_low_order_is_refused()
    {
        byte[] point = [1, .. new byte[31]];
        var text = Convert.ToBase64String([.. "Ed"u8, .. new byte[8], .. point]);
        Assert.Throws<TwiBackupException>(() => VerifyKey.Parse(text));
    }

    [Fact]
    public void Name_hashes_tell_same_from_different_and_are_the_key_s_own()
    {
        var key = SigningKey.Generate();
        var again = SigningKey.Parse(key.RevealFileText(), "x");
        var (one, two) = (new byte[32], Encoding.ASCII.GetBytes(new string('x', 32)));
        Assert.Equal(key.NameHash(one), again.NameHash(one));
        Assert.NotEqual(key.NameHash(one), key.NameHash(two));
        Assert.NotEqual(key.NameHash(one), SigningKey.Generate().NameHash(one));
        Assert.Equal(32, key.NameHash(one).Length);
    }
}
