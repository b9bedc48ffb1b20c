using System.Runtime.Versioning;

namespace TwiBackup.Policy.Tests;

[UnsupportedOSPlatform("windows")]
public sealed class SecretReferenceTests : IDisposable
{
    private const string Secret = "correct-horse-battery";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("twibackup-policy-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_variable_is_read_from_the_environment_that_is_given()
    {
        var reference = Parse("env:DB_PASSWORD");
        Assert.Equal(Secret, reference.Resolve(new Dictionary<string, string> { ["DB_PASSWORD"] = Secret }));
        Assert.Equal("env:DB_PASSWORD", reference.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    public void A_variable_that_is_not_set_is_refused(string? value)
    {
        var environment = value is null ? [] : new Dictionary<string, string> { ["DB_PASSWORD"] = value };
        var refusal = Assert.Throws<TwiBackupException>(() => Parse("env:DB_PASSWORD").Resolve(environment));
        Assert.Equal(
            "env:DB_PASSWORD: environment variable DB_PASSWORD, which the policy names, is not set; set it and start again",
            refusal.Message);
        Assert.Equal(ExitCode.WrongUse, refusal.ExitCode);
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(UnixFileMode.UserRead)]
    public void A_file_of_its_owner_alone_is_read_without_its_line_end(UnixFileMode mode) =>
        Assert.Equal(Secret, Parse($"file:{Write($"{Secret}\n", mode)}").Resolve(new Dictionary<string, string>()));

    [Theory]
    [InlineData(UnixFileMode.GroupRead, "0640")]
    [InlineData(UnixFileMode.OtherRead, "0604")]
    [InlineData(UnixFileMode.OtherWrite, "0602")]
    [InlineData(UnixFileMode.GroupWrite | UnixFileMode.GroupRead, "0660")]
    public void A_file_that_others_can_use_is_refused_with_the_command_to_run(UnixFileMode others, string shown)
    {
        var path = Write(Secret, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);
        var refusal = Assert.Throws<TwiBackupException>(() => Parse($"file:{path}").Resolve(new Dictionary<string, string>()));
        Assert.Equal($"file:{path}: others than its owner can use it (mode {shown}); run: chmod 600 {path}", refusal.Message);
    }

    [Fact]
    public void A_file_that_is_missing_empty_or_huge_is_refused_in_one_line()
    {
        var owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.EndsWith("it does not exist; create it with mode 0600", Refusal(Path.Combine(_folder.FullName, "missing")),
            StringComparison.Ordinal);
        Assert.EndsWith("it is empty; write the secret into it", Refusal(Write("\n", owner)), StringComparison.Ordinal);
        Assert.EndsWith("it is longer than 64 KiB, which no key or password is; name the right file",
            Refusal(Write(new string('x', 70_000), owner)), StringComparison.Ordinal);
        Assert.EndsWith("it cannot be read by this user; give it to the user that runs the jobs, with mode 0600",
            Refusal(_folder.FullName), StringComparison.Ordinal);
    }

    [Fact]
    public void A_relative_path_starts_at_the_policys_folder()
    {
        Write(Secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.True(SecretReference.TryParse("file:secret", _folder.FullName, out var reference));
        Assert.Equal($"file:{_folder.FullName}/secret", reference.ToString());
        Assert.Equal(Secret, reference.Resolve(new Dictionary<string, string>()));
    }

    [Theory]
    [InlineData("hunter2")]
    [InlineData("env:")]
    [InlineData("env:1A")]
    [InlineData("env:A-B")]
    [InlineData("env:A B")]
    [InlineData("file:")]
    [InlineData("file://host/path")]
    [InlineData("ENV:A")]
    public void What_is_no_reference_is_not_taken_for_one(string text) => Assert.False(SecretReference.TryParse(text, null, out _));

    private static SecretReference Parse(string text) =>
        SecretReference.TryParse(text, null, out var reference) ? reference : throw new ArgumentException(text);

    private static string Refusal(string path) =>
        Assert.Throws<TwiBackupException>(() => Parse($"file:{path}").Resolve(new Dictionary<string, string>())).Message;

    private string Write(string text, UnixFileMode mode)
    {
        var path = Path.Combine(_folder.FullName, "secret");
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, mode);
        return path;
    }
}
