using TwiBackup.Infra.Storage;
using TwiBackup.Infra.Tests.Support;

namespace TwiBackup.Infra.Tests.Storage;

public sealed class KeyPoliciesTests
{
    private static readonly string[] Opens = ["kms:Decrypt", "kms:GenerateDataKey"];

    [Fact]
    public void Nobody_opens_the_bucket_key_but_named_roles_through_s3()
    {
        var document = KeyPolicies.Data(Samples.Names, "eu-west-1", ["arn:aws:iam::123456789012:role/twi-bot-restorer"]);
        var use = Assert.Single(document.Statements, statement => statement.Actions.Intersect(Opens).Any());
        Assert.Contains(use.Conditions, condition =>
            condition is { Key: "aws:PrincipalArn", Values: ["arn:aws:iam::123456789012:role/twi-bot-restorer"] });
        Assert.Contains(use.Conditions, condition => condition is { Key: "kms:ViaService", Values: ["s3.eu-west-1.amazonaws.com"] });
    }

    [Fact]
    public void Administrators_of_a_key_cannot_open_with_it()
    {
        var administer = KeyPolicies.Operations(Samples.Prod, "eu-central-1").Statements.Single(statement => statement.Sid == "Administer");
        Assert.All(administer.Actions, action => Assert.DoesNotContain('*', action));
        Assert.Empty(administer.Actions.Intersect([.. Opens, "kms:Encrypt", "kms:ReEncryptFrom", "kms:CreateGrant"]));
    }
}
