using TwiBackup.Postgres;
using TwiBackup.Rehearsal.Bot;

namespace TwiBackup.Tests.Rehearsal.Bot;

public sealed class BotEnvironmentFileTests : IDisposable
{
    private const string Secret = "hunter2=with#signs";

    private readonly string file = Path.GetTempFileName();

    public void Dispose() => File.Delete(file);

    [Fact]
    public void What_is_written_is_read()
    {
        var connection = new ConnectionSettings { Host = "127.0.0.1", Port = 5433, User = "cognita_bot", Password = Secret, Database = "cognita", SslMode = "disable" };
        File.WriteAllLines(file, ["# the bot's", "", "BOT_TOKEN=x", .. BotEnvironmentFile.Lines(connection), "LATER=yes"]);
        Assert.Equal(connection, BotEnvironmentFile.ReadConnection(file));
    }

    [Theory]
    [InlineData("PORT=5433", "does not say")]
    [InlineData("HOST=a\nPORT=none\nDATABASE=b\nDB_USER=c\nDB_PASSWORD=hunter2=with#signs\nDB_SSL=disable", "no port")]
    public void What_is_missing_or_wrong_is_named_and_no_secret_shown(string text, string because)
    {
        File.WriteAllText(file, text);
        var refused = Assert.Throws<TwiBackupException>(() => BotEnvironmentFile.ReadConnection(file));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains(because, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_said_to_be_so() =>
        Assert.Contains("/nowhere/.env", Assert.Throws<TwiBackupException>(() => BotEnvironmentFile.ReadConnection("/nowhere/.env")).Message, StringComparison.Ordinal);
}
