using System.Diagnostics;
using System.Runtime.Versioning;

namespace TwiBackup.Policy.Tests;

[UnsupportedOSPlatform("windows")]
public sealed class PublicKeyTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("twibackup-policy-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_key_and_a_reference_are_read()
    {
        Assert.Null(Problem(PublicKeyKind.AgeRecipient, Sample.Recipient));
        Assert.Null(Problem(PublicKeyKind.Minisign, Sample.VerifyKey));
        Assert.Null(Problem(PublicKeyKind.AgeRecipient, "env:RECIPIENTS"));
        Assert.Null(Problem(PublicKeyKind.Minisign, "file:writer.pub"));
    }

    [Fact]
    public void Every_damaged_letter_of_a_recipient_is_noticed()
    {
        for (var i = 0; i < Sample.Recipient.Length; i++)
        {
            foreach (var letter in "qz9xA!")
            {
                var damaged = string.Concat(Sample.Recipient.AsSpan(0, i), [letter], Sample.Recipient.AsSpan(i + 1));
                Assert.Equal(damaged == Sample.Recipient, Problem(PublicKeyKind.AgeRecipient, damaged) is null);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("RW")]
    [InlineData("RWRbSGzr2rlYVrzcVxL9vchJL2wvOIz9WajyeVn/MEHAyu5qd2HuakP")]
    [InlineData("AARbSGzr2rlYVrzcVxL9vchJL2wvOIz9WajyeVn/MEHAyu5qd2HuakPe")]
    [InlineData("RWRbSGzr2rlYVrzcVxL9vchJL2wvOIz9WajyeVn/MEHAyu5qd2HuakP!")]
    public void What_is_no_minisign_key_is_refused(string text) => Assert.NotNull(Problem(PublicKeyKind.Minisign, text));

    [Fact]
    public void Debians_age_and_minisign_make_keys_that_are_taken_and_secret_ones_that_are_refused_unseen()
    {
        var identity = Run("age-keygen");
        var recipient = identity.Split('\n').First(line => line.StartsWith("# public key: ", StringComparison.Ordinal))[14..];
        var secret = identity.Split('\n').First(line => line.StartsWith("AGE-SECRET-KEY-", StringComparison.Ordinal));
        Assert.Null(Problem(PublicKeyKind.AgeRecipient, recipient));
        Assert.DoesNotContain(secret[20..], Problem(PublicKeyKind.AgeRecipient, secret), StringComparison.Ordinal);

        Run("minisign", "-G", "-W", "-p", "writer.pub", "-s", "writer.key");
        var trusted = Key(PublicKeyKind.Minisign, "file:writer.pub");
        Assert.Equal(
            [File.ReadAllLines(Path.Combine(_folder.FullName, "writer.pub"))[1]], trusted.Resolve(new Dictionary<string, string>()));
        var signing = File.ReadAllLines(Path.Combine(_folder.FullName, "writer.key"))[1];
        Assert.DoesNotContain(signing[20..], Problem(PublicKeyKind.Minisign, signing), StringComparison.Ordinal);
        var wrong = Key(PublicKeyKind.Minisign, "file:writer.key");
        var refusal = Assert.Throws<TwiBackupException>(() => wrong.Resolve(new Dictionary<string, string>()));
        Assert.DoesNotContain(signing[20..], refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_reference_leads_to_one_or_more_keys_between_comments()
    {
        var text = $"# the writer\n{Sample.Recipient}\n\n# the safe\r\n{Sample.OtherRecipient}\r\n";
        var environment = new Dictionary<string, string> { ["RECIPIENTS"] = text };
        Assert.Equal([Sample.Recipient, Sample.OtherRecipient], Key(PublicKeyKind.AgeRecipient, "env:RECIPIENTS").Resolve(environment));

        environment["RECIPIENTS"] = $"{Sample.Recipient},{Sample.OtherRecipient}";
        Assert.Equal([Sample.Recipient, Sample.OtherRecipient], Key(PublicKeyKind.AgeRecipient, "env:RECIPIENTS").Resolve(environment));

        var (itself, reference) = (Key(PublicKeyKind.AgeRecipient, Sample.Recipient), Key(PublicKeyKind.AgeRecipient, "env:RECIPIENTS"));
        var keys = Sample.Policy.Keys with { Recipients = [itself, reference] };
        Assert.Equal([Sample.Recipient, Sample.OtherRecipient], keys.ResolveRecipients(environment));
    }

    [Fact]
    public void A_public_file_may_be_read_by_everybody()
    {
        var path = Path.Combine(_folder.FullName, "recipients");
        File.WriteAllText(path, Sample.Recipient);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        Assert.Equal([Sample.Recipient], Key(PublicKeyKind.AgeRecipient, "file:recipients").Resolve(new Dictionary<string, string>()));
    }

    [Theory]
    [InlineData("# only a comment", "env:RECIPIENTS: there is no key in it; write one a line")]
    [InlineData(
        "age1xyz", "env:RECIPIENTS: this age recipient is damaged (its length or checksum is wrong); copy the whole age1… line again")]
    public void A_reference_to_something_else_is_refused(string value, string message)
    {
        var environment = new Dictionary<string, string> { ["RECIPIENTS"] = value };
        var refusal = Assert.Throws<TwiBackupException>(() => Key(PublicKeyKind.AgeRecipient, "env:RECIPIENTS").Resolve(environment));
        Assert.Equal(message, refusal.Message);
    }

    private static string? Problem(PublicKeyKind kind, string text) =>
        PublicKey.TryParse(kind, text, null, out _, out var problem) ? null : problem;

    private PublicKey Key(PublicKeyKind kind, string text) =>
        PublicKey.TryParse(kind, text, _folder.FullName, out var key, out var problem) ? key : throw new ArgumentException(problem);

    private string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
