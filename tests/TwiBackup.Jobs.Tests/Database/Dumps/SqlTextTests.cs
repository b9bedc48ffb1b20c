using TwiBackup.Database.Dumps;

namespace TwiBackup.Tests.Database.Dumps;

/// <summary>What pg_dumpall writes, taken apart.</summary>
public sealed class SqlTextTests
{
    private const string Sample =
        """
        --
        -- PostgreSQL database cluster dump; with a semicolon
        --
        \restrict abc;def
        SET client_encoding = 'UTF8';

        CREATE ROLE app;
        ALTER ROLE app WITH NOSUPERUSER LOGIN NOREPLICATION PASSWORD 'SCRAM-SHA-256$4096:a;b''c=' VALID UNTIL 'infinity';
        CREATE ROLE "Odd; ""role";
        ALTER ROLE "Odd; ""role" WITH NOSUPERUSER PASSWORD E'back\\sl\'ash;';
        COMMENT ON ROLE app IS 'it''s; -- no comment';
        ALTER ROLE app SET search_path TO '$user', 'public';
        CREATE TABLESPACE fast OWNER app LOCATION '/fast';
        GRANT ALL ON TABLESPACE fast TO app;
        GRANT app TO "Odd; ""role" WITH ADMIN OPTION GRANTED BY postgres;
        GRANT SET ON PARAMETER log_statement TO app;

        \unrestrict abc;def
        """;

    [Fact]
    public void Statements_end_at_semicolons_outside_quotes_and_comments()
    {
        var statements = SqlText.Statements(Sample).ToList();
        Assert.Equal(11, statements.Count);
        Assert.Equal("CREATE ROLE \"Odd; \"\"role\"", statements[3]);
        Assert.EndsWith("IS 'it''s; -- no comment'", statements[5], StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => SqlText.Statements("select 'open").ToList());
    }

    [Fact]
    public void Roles_their_hashes_and_what_is_granted_to_them_are_found()
    {
        var globals = Globals.Parse(Sample);
        Assert.Equal(["Odd; \"role", "app"], globals.Roles.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("SCRAM-SHA-256$4096:a;b'c=", globals.Roles["app"].PasswordHash);
        Assert.Equal(4, globals.Roles["app"].Statements.Count);
        Assert.Equal(2, globals.Roles["Odd; \"role"].Statements.Count);
        Assert.Equal([("app", "Odd; \"role"), (null, "app")], globals.Grants.Select(g => (g.Granted, g.Grantee)));
    }

    [Theory]
    [InlineData("app", "app.dump.zst.age")]
    [InlineData("globals", "globals.dump.zst.age")]
    [InlineData("My-db_2", "My-db_2.dump.zst.age")]
    [InlineData("a b", "a=20b.dump.zst.age")]
    [InlineData("..", "=2E=2E.dump.zst.age")]
    [InlineData("a/b=c", "a=2Fb=3Dc.dump.zst.age")]
    [InlineData("ä", "=C3=A4.dump.zst.age")]
    public void A_database_has_an_object_whatever_stands_in_its_name(string database, string name) => Assert.Equal(name, DumpNames.ObjectOf(database));

    [Fact]
    public void Names_of_what_is_kept_aside_fit_and_tell_what_it_was()
    {
        const string Run = "20261123T020000Z-9f3c";
        Assert.Equal($"cognita.twibackup-{Run}", DumpNames.Aside("cognita", Run));
        var longest = DumpNames.Aside(string.Concat(Enumerable.Repeat("😀", 15)), Run);
        Assert.True(global::System.Text.Encoding.UTF8.GetByteCount(longest) <= 63);
        Assert.StartsWith("😀😀", longest, StringComparison.Ordinal);
        Assert.DoesNotContain('\uFFFD', longest);
    }
}
