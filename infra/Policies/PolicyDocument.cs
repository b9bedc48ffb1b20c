using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TwiBackup.Infra.Policies;

/// <summary>A policy document: plain data until <see cref="ToJson"/>, so that tests look at statements and not at text.</summary>
public sealed record PolicyDocument(params IReadOnlyList<Statement> Statements)
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The document as AWS takes it.</summary>
    public string ToJson() => new JsonObject
    {
        ["Version"] = "2012-10-17",
        ["Statement"] = new JsonArray([.. Statements.Select(statement => statement.ToJson())]),
    }.ToJsonString(Plain);

    /// <summary>Lets a service take a role, for this account and the resources named only (<see
    /// href="https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html">confused deputy</see>).</summary>
    /// <param name="sourceArns">What the service may act for; empty where the service sends none, as EC2.</param>
    public static PolicyDocument Trust(string service, string account, params IReadOnlyList<string> sourceArns) =>
        new(new Statement("Assume", ["sts:AssumeRole"], [])
        {
            Principal = Principal.Service(service),
            Conditions = sourceArns.Count == 0
                ? []
                : [new Condition("StringEquals", "aws:SourceAccount", account), new Condition("ArnLike", "aws:SourceArn", sourceArns)],
        });
}
