using TwiBackup.Postgres.Replication;

namespace TwiBackup.Tests.Postgres.Replication;

public sealed class ScramClientTests
{
    private const string _serverFirst = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    private const string _serverFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    [Fact]
    public void The_example_of_rfc_7677_comes_out()
    {
        var client = Client();
        Assert.Equal("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", client.First);
        Assert.Equal(
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            client.Continue(_serverFirst));
        Assert.False(client.IsFinished);
        client.Finish(_serverFinal);
        Assert.True(client.IsFinished);
    }

    [Fact]
    public void A_server_that_does_not_know_the_password_is_refused()
    {
        var client = Client();
        client.Continue(_serverFirst);
        Assert.Throws<TwiBackupException>(() => client.Finish("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        Assert.Throws<TwiBackupException>(() => client.Finish("v="));
        Assert.Throws<TwiBackupException>(() => client.Finish("e=other-error"));
        Assert.False(client.IsFinished);
    }

    [Theory]
    [InlineData("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000000000")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOx,s=?,i=4096")]
    [InlineData("m=ext,r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")]
    [InlineData("")]
    public void A_first_answer_out_of_order_is_refused(string serverFirst) =>
        Assert.Throws<TwiBackupException>(() => Client().Continue(serverFirst));

    [Fact]
    public void Nothing_is_finished_before_it_began() => Assert.Throws<TwiBackupException>(() => Client().Finish(_serverFinal));

    private static ScramClient Client() => new("pencil", 'n', null, "test", "rOprNGfwEbeRWgbNEkqO", "user");
}
