using System.CommandLine;
using System.Text.Json;
using TwiBackup.Commands;
using TwiBackup.Sealing;

namespace TwiBackup.Tests.Sealing;

public sealed class KeyCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Generate_prints_public_keys_places_and_what_to_do_and_no_secret()
    {
        var (exitCode, output) = await RunAsync("generate", "--out", _folder.File("keys"));
        Assert.Equal(0, exitCode);
        var identity = Assert.Single(await KeyFiles.ReadIdentitiesAsync(_folder.File("keys/identity.txt"), default));
        var signing = await KeyFiles.ReadSigningKeyAsync(_folder.File("keys/signing.key"), default);
        Assert.Contains(identity.Recipient.ToString(), output, StringComparison.Ordinal);
        Assert.Contains(signing.Public.ToString(), output, StringComparison.Ordinal);
        Assert.Contains(_folder.File("keys/identity.txt"), output, StringComparison.Ordinal);
        Assert.Contains("away from this host", output, StringComparison.Ordinal);
        AssertNoSecret(output, identity, signing);
    }

    [Fact]
    public async Task Generate_prints_json_for_programs()
    {
        var (_, output) = await RunAsync("generate", "--out", _folder.File("keys"), "--json");
        using var json = JsonDocument.Parse(output);
        string Value(string name) => json.RootElement.GetProperty(name).GetString()!;
        var identity = Assert.Single(await KeyFiles.ReadIdentitiesAsync(Value("identityFile"), default));
        var signing = await KeyFiles.ReadSigningKeyAsync(Value("signingKeyFile"), default);
        Assert.Equal(identity.Recipient.ToString(), Value("recipient"));
        Assert.Equal(signing.Public.ToString(), Value("signingPublicKey"));
        Assert.Equal(signing.Public.KeyId, Value("signingKeyId"));
        AssertNoSecret(output, identity, signing);
    }

    [Fact]
    public async Task Show_tells_each_file_and_no_secret()
    {
        var keys = await KeyFiles.GenerateAsync(_folder.File("keys"), TimeProvider.System, default);
        var identity = Assert.Single(await KeyFiles.ReadIdentitiesAsync(keys.IdentityFile, default));
        var signing = await KeyFiles.ReadSigningKeyAsync(keys.SigningFile, default);
        foreach (var (file, expected) in new[]
        {
            (keys.IdentityFile, keys.Recipient.ToString()),
            (keys.SigningFile, keys.SigningPublic.KeyId),
            (keys.SigningFile, keys.SigningPublic.ToString()),
            (keys.SigningPublicFile, keys.SigningPublic.ToString()),
        })
        {
            foreach (var arguments in new string[][] { ["show", file], ["show", file, "--json"] })
            {
                var (exitCode, output) = await RunAsync(arguments);
                Assert.Equal(0, exitCode);
                Assert.Contains(expected, output, StringComparison.Ordinal);
                AssertNoSecret(output, identity, signing);
            }
        }
    }

    [Fact]
    public async Task Show_refuses_what_is_no_key_with_exit_code_2()
    {
        var file = _folder.Write("sealed", await Samples.SealAsync(Samples.Bytes(10)));
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => RunAsync("show", file));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Equal($"{file} is a sealed object, not a key file.", refused.Message);
    }

    [Fact]
    public async Task Generate_wants_a_folder() => Assert.NotEqual(0, (await RunAsync("generate")).ExitCode);

    private static void AssertNoSecret(string output, AgeIdentity identity, SigningKey signing)
    {
        Assert.DoesNotContain(identity.RevealText()[16..], output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("AGE-SECRET-KEY", output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(signing.RevealFileText().Split('\n')[1], output, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        var configuration = new InvocationConfiguration { Output = output, Error = TextWriter.Null, EnableDefaultExceptionHandler = false };
        var exitCode = await KeyCommand.Create(TimeProvider.System).Parse(arguments).InvokeAsync(configuration);
        return (exitCode, output.ToString());
    }
}
