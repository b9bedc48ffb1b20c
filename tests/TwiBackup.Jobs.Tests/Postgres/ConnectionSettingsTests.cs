using TwiBackup.Postgres;

namespace TwiBackup.Tests.Postgres;

public sealed class ConnectionSettingsTests
{
    private static readonly Dictionary<string, string> _nothing = new() { ["USER"] = "me" };

    [Theory]
    [InlineData("postgresql://", "me", null, 5432, "postgres")]
    [InlineData("postgresql://db.example.org", "me", "db.example.org", 5432, "postgres")]
    [InlineData("postgres://u@h:6000/d", "u", "h", 6000, "d")]
    [InlineData("postgresql://u:p%40ss@h/d%20b?connect_timeout=3", "u", "h", 5432, "d b")]
    [InlineData("postgresql://u@[2001:db8::1]:6000/d", "u", "2001:db8::1", 6000, "d")]
    [InlineData("postgresql://[::1]", "me", "::1", 5432, "postgres")]
    [InlineData("postgresql://%2Fvar%2Frun:6000/d", "me", "/var/run", 6000, "d")]
    [InlineData("postgresql:///d?host=/tmp&port=6000&user=x", "x", "/tmp", 6000, "d")]
    [InlineData("host=h port=6000 user=u dbname=d", "u", "h", 6000, "d")]
    [InlineData("  host = h   user = 'a b\\'c'  dbname=''  ", "a b'c", "h", 5432, "postgres")]
    [InlineData("host=h user=a\\ b\\\\c", "a b\\c", "h", 5432, "postgres")]
    public void Text_is_read_as_libpq_reads_it(string text, string user, string? host, int port, string database)
    {
        var settings = ConnectionSettings.Parse(text, _nothing);
        Assert.Equal((user, port, database), (settings.User, settings.Port, settings.Database));
        if (host is not null)
            Assert.Equal(host, settings.Host);
    }

    [Fact]
    public void A_password_is_decoded_and_never_shown()
    {
        Assert.Equal("p@ss:\u00e4", ConnectionSettings.Parse("postgresql://u:p%40ss%3A%C3%A4@h/d", _nothing).Password);
        var settings = ConnectionSettings.Parse("host=h password='it\\'s secret'", _nothing);
        Assert.Equal("it's secret", settings.Password);
        Assert.Equal("me@h:5432/postgres", settings.ToString());
    }

    [Fact]
    public void What_is_not_said_comes_from_the_environment()
    {
        var environment = new Dictionary<string, string>
        {
            ["PGHOST"] = "env-host", ["PGPORT"] = "7000", ["PGUSER"] = "env-user", ["PGDATABASE"] = "env-db", ["PGPASSWORD"] = "env-pass",
            ["PGPASSFILE"] = "/env/pass", ["PGSSLMODE"] = "verify-full", ["PGSSLROOTCERT"] = "/env/ca", ["PGCHANNELBINDING"] = "require",
            ["PGAPPNAME"] = "env-app", ["PGCONNECT_TIMEOUT"] = "1", ["PGHOSTADDR"] = "10.0.0.1",
        };
        var settings = ConnectionSettings.Parse("", environment);
        Assert.Equal(("env-host", "10.0.0.1", 7000, "env-user", "env-db"),
            (settings.Host, settings.HostAddress, settings.Port, settings.User, settings.Database));
        Assert.Equal(("env-pass", "/env/pass", "verify-full", "/env/ca"),
            (settings.Password, settings.PassFile, settings.SslMode, settings.SslRootCert));
        Assert.Equal(("require", "env-app", TimeSpan.FromSeconds(2)),
            (settings.ChannelBinding, settings.ApplicationName, settings.ConnectTimeout));
        Assert.Equal("h", ConnectionSettings.Parse("host=h", environment).Host);
        Assert.Equal(Timeout.InfiniteTimeSpan, ConnectionSettings.Parse("connect_timeout=0", environment).ConnectTimeout);
    }

    [Fact]
    public void The_home_folder_gives_the_password_file_and_the_certificates_that_are_there()
    {
        var home = Directory.CreateTempSubdirectory("twi-home-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(home, ".postgresql"));
            File.WriteAllText(Path.Combine(home, ".postgresql", "root.crt"), "");
            var settings = ConnectionSettings.Parse("host=h", new Dictionary<string, string> { ["HOME"] = home, ["USER"] = "me" });
            Assert.Equal(Path.Combine(home, ".pgpass"), settings.PassFile);
            Assert.Equal(Path.Combine(home, ".postgresql", "root.crt"), settings.SslRootCert);
            Assert.Null(settings.SslCert);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Theory]
    [InlineData("hots=h", "Did you mean host?")]
    [InlineData("postgresql://h/d?ssl_mode=require", "Did you mean sslmode?")]
    [InlineData("aplication_name=x", "Did you mean application_name?")]
    [InlineData("service=prod", "service files are not read")]
    [InlineData("sslcrl=/x", "sslcrl is not supported")]
    [InlineData("host=a,b", "several servers")]
    [InlineData("port=0", "from 1 to 65535")]
    [InlineData("port=x", "from 1 to 65535")]
    [InlineData("sslmode=on", "verify-full")]
    [InlineData("channel_binding=yes", "prefer")]
    [InlineData("host", "no \"=\"")]
    [InlineData("password='s3cret", "not closed")]
    [InlineData("postgresql://u:s3cret%zz@h", "%25")]
    [InlineData("postgresql://u:s3cret%0", "")]
    [InlineData("postgresql://u:s3cret@h/d%00", "%00")]
    [InlineData("postgresql://[::1", "not closed")]
    [InlineData("postgresql://[::1]x", "neither")]
    [InlineData("postgresql://h?sslmode", "no value")]
    public void What_cannot_be_meant_is_refused_without_showing_the_password(string text, string says)
    {
        var error = Assert.Throws<TwiBackupException>(() => ConnectionSettings.Parse(text, _nothing));
        Assert.Equal(ExitCode.WrongUse, error.ExitCode);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Harmless_keywords_may_stand_there() =>
        Assert.Equal("h", ConnectionSettings.Parse("host=h keepalives=1 target_session_attrs=any gssencmode=prefer "
            + "sslnegotiation=postgres", _nothing).Host);

    [Theory]
    [InlineData("h:5432:d:u:plain", "plain")]
    [InlineData("# h:5432:d:u:comment\nother:5432:d:u:no\nh:*:*:*:first\nh:5432:d:u:second", "first")]
    [InlineData("*:*:*:*:with:colon\\:and\\\\back", "with:colon:and\\back")]
    [InlineData("h:5433:d:u:no", null)]
    [InlineData("h:5432:replication:u:no", null)]
    [InlineData("h:5432:d:u\\:x:no", null)]
    [InlineData("short:line", null)]
    [InlineData("", null)]
    public void The_password_file_is_searched_from_its_first_line(string content, string? password)
    {
        using var file = new SecretFile(content, reader: null);
        var settings = new ConnectionSettings { Host = "h", User = "u", Database = "d", PassFile = file.Path };
        Assert.Equal(password, settings.FindPassword(settings.Database));
    }

    [Fact]
    public void The_default_sockets_are_called_localhost_in_the_password_file()
    {
        using var file = new SecretFile("localhost:5432:*:u:local\n", reader: null);
        Assert.Equal("local", new ConnectionSettings { Host = "/var/run/postgresql", User = "u", PassFile = file.Path }.FindPassword("d"));
        Assert.Null(new ConnectionSettings { Host = "/somewhere", User = "u", PassFile = file.Path }.FindPassword("d"));
        Assert.Null(new ConnectionSettings { Host = "h", User = "u", PassFile = "/nonexistent/.pgpass" }.FindPassword("d"));
    }
}
