using System.Text;
using TwiBackup.Sealing;
using static TwiBackup.Tests.Sealing.Samples;

namespace TwiBackup.Tests.Sealing;

/// <summary>Recoverable without TwiBackup: Debian's age, zstd and minisign open what we write, and we what they write.</summary>
public sealed class DebianToolsTests
{
    public static TheoryData<int> Lengths => [0, 1, 100, 64 * KiB, 1_000_003, 20 * MiB];

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task They_open_what_we_seal(int length)
    {
        using var folder = new TempFolder();
        var plain = Bytes(length);
        var identity = folder.Write("identity.txt", IdentityFile(Identity));
        foreach (var options in new[] { new SealOptions(Workers: 2), new SealOptions(Level: 1, FrameSize: 100_000) })
        {
            var sealedBytes = await SealAsync(plain, options, trailer: "a trailer that any zstd ignores"u8.ToArray());
            var frames = await Tool.RunAsync(sealedBytes, "age", "-d", "-i", identity);
            Assert.Equal(plain, await InflateAsync(frames));
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task We_open_what_they_seal(int length)
    {
        var plain = Bytes(length);
        string[][] ways = [["-3"], ["-1", "--no-check"], ["-3", "-T2"], ["-9", "--long=27"]];
        foreach (var way in length > MiB ? ways : [.. ways, ["--ultra", "-22"]])
        {
            var frames = await Tool.RunAsync(plain, "zstd", [.. way, "-c"]);
            // Several frames one behind the other are one zstd file.
            var file = await Tool.RunAsync([.. frames, .. frames], "age", "-r", Identity.Recipient.ToString());
            byte[] twice = [.. plain, .. plain];
            Assert.Equal(twice, await UnsealAsync(file));
        }
    }

    [Fact]
    public async Task A_window_that_needs_an_option_to_inflate_is_refused()
    {
        var frames = await Tool.RunAsync(Bytes(1000), "zstd", "--ultra", "-20", "--long=31", "-c");
        var file = await Tool.RunAsync(frames, "age", "-r", Identity.Recipient.ToString());
        await AssertRefusedAsync("128 MiB", () => UnsealAsync(file));
    }

    [Fact]
    public async Task Several_recipients_work_in_both_directions()
    {
        using var folder = new TempFolder();
        await Tool.RunAsync([], "age-keygen", "-o", folder.File("theirs.txt"));
        var theirs = Assert.Single(AgeIdentity.ReadAll(await File.ReadAllTextAsync(folder.File("theirs.txt")), "theirs.txt"));
        var plain = Bytes(100_000);
        var ours = await SealAsync(plain, [Identity.Recipient, theirs.Recipient]);
        Assert.Equal(plain, await InflateAsync(await Tool.RunAsync(ours, "age", "-d", "-i", folder.File("theirs.txt"))));

        var frames = await Tool.RunAsync(plain, "zstd", "-c");
        var sealedByThem = await Tool.RunAsync(frames, "age", "-r", theirs.Recipient.ToString(), "-r", Identity.Recipient.ToString());
        Assert.Equal(plain, await UnsealAsync(sealedByThem));
        Assert.Equal(plain, await UnsealAsync(new MemoryStream(sealedByThem), theirs));
    }

    [Fact]
    public async Task An_armored_file_is_refused_with_the_way_to_turn_it()
    {
        var armored = await Tool.RunAsync("x"u8.ToArray(), "age", "-a", "-r", Identity.Recipient.ToString());
        await AssertRefusedAsync("armored", () => UnsealAsync(armored));
    }

    [Fact]
    public async Task Keys_are_those_of_age_keygen()
    {
        using var folder = new TempFolder();
        await Tool.RunAsync([], "age-keygen", "-o", folder.File("theirs.txt"));
        var text = await File.ReadAllTextAsync(folder.File("theirs.txt"));
        var identity = Assert.Single(AgeIdentity.ReadAll(text, "theirs.txt"));
        Assert.Contains($"# public key: {identity.Recipient}\n", text, StringComparison.Ordinal);
        Assert.Contains(identity.RevealText(), text, StringComparison.Ordinal);
        Assert.Equal(identity.Recipient.ToString(), AgeRecipient.Parse(identity.Recipient.ToString()).ToString());

        var ours = folder.Write("ours.txt", IdentityFile(Identity));
        Assert.Equal($"{Identity.Recipient}\n", Encoding.ASCII.GetString(await Tool.RunAsync([], "age-keygen", "-y", ours)));
    }

    [Fact]
    public async Task Minisign_checks_what_we_sign()
    {
        using var folder = new TempFolder();
        var key = SigningKey.Generate();
        var content = Bytes(100_000);
        var file = folder.Write("manifest.json", content);
        folder.Write("manifest.json.minisig", Minisign.Sign(key, content, "set 20261123T020000Z-9f3c of twi"));
        var output = Encoding.UTF8.GetString(await Tool.RunAsync([], "minisign", "-V", "-m", file, "-P", key.Public.ToString()));
        Assert.Contains("set 20261123T020000Z-9f3c of twi", output, StringComparison.Ordinal);

        folder.Write("manifest.json", [.. content, 0]);
        Assert.NotEqual(0, (await Tool.TryAsync([], "minisign", "-V", "-m", file, "-P", key.Public.ToString())).ExitCode);
    }

    [Fact]
    public async Task We_check_what_minisign_signs_and_sign_with_its_keys()
    {
        using var folder = new TempFolder();
        await Tool.RunAsync([], "minisign", "-G", "-W", "-p", folder.File("their.pub"), "-s", folder.File("their.key"));
        var content = Bytes(5000);
        var file = folder.Write("file", content);
        await Tool.RunAsync([], "minisign", "-S", "-s", folder.File("their.key"), "-m", file, "-t", "what they say: é");
        var publicKey = VerifyKey.Parse(await File.ReadAllTextAsync(folder.File("their.pub")));
        var signature = await File.ReadAllTextAsync(folder.File("file.minisig"));
        Assert.Equal("what they say: é", Minisign.Verify([SigningKey.Generate().Public, publicKey], content, signature, "file"));
        // minisign prints the number without leading zeros.
        Assert.Contains(publicKey.KeyId.TrimStart('0'), await File.ReadAllTextAsync(folder.File("their.pub")), StringComparison.Ordinal);

        var key = SigningKey.Parse(await File.ReadAllTextAsync(folder.File("their.key")), "their.key");
        Assert.Equal(publicKey.ToString(), key.Public.ToString());
        folder.Write("file.minisig", Minisign.Sign(key, content, "ours"));
        await Tool.RunAsync([], "minisign", "-V", "-m", file, "-p", folder.File("their.pub"));
    }

    [Fact]
    public async Task Minisign_signs_with_our_key_files()
    {
        using var folder = new TempFolder();
        var key = SigningKey.Generate();
        var secret = folder.Write("signing.key", key.RevealFileText());
        var content = Bytes(5000);
        var file = folder.Write("file", content);
        await Tool.RunAsync([], "minisign", "-S", "-s", secret, "-m", file);
        var signature = await File.ReadAllTextAsync(folder.File("file.minisig"));
        Minisign.Verify([key.Public], content, signature, "file");
        var publicFile = folder.Write("signing.pub", key.Public.ToFileText());
        await Tool.RunAsync([], "minisign", "-V", "-m", file, "-p", publicFile);
    }

    [Fact]
    public async Task A_key_under_a_password_and_a_legacy_signature_are_refused()
    {
        using var folder = new TempFolder();
        var password = Encoding.ASCII.GetBytes("pw\npw\n");
        await Tool.RunAsync(password, "minisign", "-G", "-p", folder.File("pw.pub"), "-s", folder.File("pw.key"));
        var text = await File.ReadAllTextAsync(folder.File("pw.key"));
        var refused = Assert.Throws<TwiBackupException>(() => SigningKey.Parse(text, "pw.key"));
        Assert.Contains("pw.key has a password", refused.Message, StringComparison.Ordinal);
        Assert.Contains("minisign -G -W", refused.Message, StringComparison.Ordinal);

        var key = SigningKey.Generate();
        var file = folder.Write("file", Bytes(10));
        await Tool.RunAsync([], "minisign", "-S", "-l", "-s", folder.Write("signing.key", key.RevealFileText()), "-m", file);
        var signature = await File.ReadAllTextAsync(folder.File("file.minisig"));
        Assert.Contains(
            "legacy",
            Assert.Throws<ObjectRefusedException>(() => Minisign.Verify([key.Public], Bytes(10), signature, "file")).Message,
            StringComparison.Ordinal);
    }

    /// <summary>By a file: zstd -t and -d of one are what an operator types.</summary>
    private static async Task<byte[]> InflateAsync(byte[] frames)
    {
        await Tool.RunAsync(frames, "zstd", "-t");
        return await Tool.RunAsync(frames, "zstd", "-d", "-c");
    }
}
