namespace TwiBackup.Policy.Tests;

/// <summary>Invariant 6: a secret that stands where none may stand is refused, and the refusal does not repeat it.</summary>
public sealed class SecretsAreNeverShownTests
{
    private const string Canary = "tr0ub4dor-and-3";

    [Theory]
    [InlineData("\"env:DB_PASSWORD\"", $"\"{Canary}\"", "8: database.password: a secret must not stand in the policy")]
    [InlineData("\"env:SIGNING_KEY\"", $"\"{Canary}\"", "21: keys.signingKey: a secret must not stand in the policy")]
    [InlineData("\"file:/keys/identity\"", $"\"AGE-SECRET-KEY-1{Canary}\"", "20: keys.identity: a secret must not stand in the policy")]
    [InlineData("\"env:VERIFIER_KEY\"", $"\"{Canary}\"", "23: keys.verifierKey: a secret must not stand in the policy")]
    [InlineData("\"env:GIT_TOKEN\"", $"\"ghp_{Canary}\"", "31: backups.repository.tokenSecret: a secret must not stand in the policy")]
    [InlineData(
        "\"env:DISCORD\"", $"\"https://discord.example/api/webhooks/1/{Canary}\"",
        "45: alerts.discord: a secret must not stand in the policy")]
    [InlineData("\"file:/keys/ping\"", $"\"file://{Canary}/x\"", "45: alerts.ping: a secret must not stand in the policy")]
    [InlineData(
        $"\"{Sample.Recipient}\"", $"\"AGE-SECRET-KEY-1{Canary}\"",
        "19: keys.recipients[0]: this is an age identity (a secret), not a recipient; take it out")]
    [InlineData($"\"{Sample.Recipient}\"", $"\"{Canary}\"", "19: keys.recipients[0]: this is no age recipient")]
    [InlineData($"\"{Sample.VerifyKey}\"", $"\"{Canary}\"", "22: keys.trusted[0]: this is no minisign public key")]
    [InlineData(
        "host=db user=backup dbname=bot", $"host=db user=backup password={Canary}",
        "7: database.connection: there is a password in it; take it out")]
    [InlineData("host=db user=backup dbname=bot", $"host=db sslpassword = {Canary}", "7: database.connection: there is a password in it")]
    [InlineData(
        "host=db user=backup dbname=bot", $"postgresql://backup:{Canary}@db/bot", "7: database.connection: there is a password in it")]
    [InlineData(
        "host=db user=backup dbname=bot", $"postgres://backup:{Canary}/x@db/bot", "7: database.connection: there is a password in it")]
    [InlineData(
        "host=db user=backup dbname=bot", $"postgres://backup:{Canary}?x@db/bot", "7: database.connection: there is a password in it")]
    [InlineData(
        "host=db user=backup dbname=bot", $"postgresql://backup@db/bot?sslmode=require&pass%77ord={Canary}",
        "7: database.connection: there is a password in it")]
    [InlineData("host=db user=backup dbname=bot", $"{Canary}", "7: database.connection: this is no libpq URI or keywords")]
    [InlineData(
        "s3://bot-backups/bot?region=eu-central-1", $"s3://key:{Canary}@bot-backups/bot",
        "14: stores.primary: credentials don't belong in a store's URL")]
    [InlineData(
        "s3://bot-backups/bot?region=eu-central-1", $"s3://bot-backups/bot?secretKey={Canary}",
        "14: stores.primary: credentials don't belong in a store's URL")]
    [InlineData(
        "s3://bot-backups/bot?region=eu-central-1", $"s3://bot-backups/bot?endpoint=http://a:{Canary}@localhost",
        "14: stores.primary: credentials don't belong in a store's URL")]
    [InlineData(
        "s3://bot-backups/bot?region=eu-central-1", $"https://{Canary}@bot-backups", "14: stores.primary: this is no store that is known")]
    [InlineData(
        "https://git.test/b.git", $"https://{Canary}@git.example/bot.git",
        "31: backups.repository.source: there is a name or token in this URL")]
    [InlineData(
        "https://git.test/b.git", $"ssh://git:{Canary}@git.example/bot.git",
        "31: backups.repository.source: there is a name or token in this URL")]
    [InlineData(
        "https://git.test/b.git", $"https://git.example/bot.git?access_token={Canary}",
        "31: backups.repository.source: there is a name or token in this URL")]
    [InlineData("\"./deploy\"", $"\"https://me:{Canary}@host/\"", "51: recovery.deploy[0]: there is a password in it")]
    [InlineData("\"./deploy\"", $"\"host=db password={Canary}\"", "51: recovery.deploy[0]: there is a password in it")]
    [InlineData("\"env:DB_PASSWORD\"", Canary, "8: this is no valid JSON (column 19)")]
    [InlineData("\"env:DB_PASSWORD\"", $"\"{Canary}", "8: this is no valid JSON (column 34)")]
    public void A_secret_in_the_policy_is_refused_and_not_repeated(string piece, string replacement, string beginning)
    {
        var refusal = Assert.Throws<PolicyException>(() => Sample.Parse(Sample.With(piece, replacement)));
        Assert.StartsWith($"twibackup.json:{beginning}", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, refusal.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("tr0u", refusal.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgresql://backup@db:5432/bot?sslmode=verify-full")]
    [InlineData("postgresql://db:5432,db2:5433/bot?user=me@server")]
    [InlineData("postgresql:///bot?host=/run/postgresql")]
    [InlineData("host=/run/postgresql user=backup passfile=/keys/pgpass")]
    public void A_connection_without_a_password_is_taken(string connection) =>
        Assert.Equal(connection, Sample.Parse(Sample.With("host=db user=backup dbname=bot", connection)).Database.Connection.ToString());

    [Theory]
    [InlineData("ssh://git@git.example/bot.git")]
    [InlineData("git@git.example:bot.git")]
    [InlineData("file:///srv/bot.git")]
    public void A_repository_without_a_token_is_taken(string source) =>
        Assert.Equal(source, Sample.Parse(Sample.With("https://git.test/b.git", source)).Backups.Repository!.Source);

    [Fact]
    public void A_policy_shows_references_and_never_what_they_lead_to()
    {
        var text = Sample.With("host=db user=backup dbname=bot", "env:DATABASE_URL");
        var policy = Sample.Parse(text);
        Assert.Equal(Canary, policy.Database.Connection.Resolve(new Dictionary<string, string> { ["DATABASE_URL"] = Canary }));
        Assert.Equal(Canary, policy.Database.Password!.Resolve(new Dictionary<string, string> { ["DB_PASSWORD"] = Canary }));
        Assert.Equal("env:DATABASE_URL", policy.Database.Connection.ToString());
        Assert.DoesNotContain(Canary, policy.ToString(), StringComparison.Ordinal);
    }
}
