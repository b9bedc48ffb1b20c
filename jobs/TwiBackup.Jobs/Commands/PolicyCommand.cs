using System.CommandLine;
using TwiBackup.Policy;

namespace TwiBackup.Commands;

/// <summary><c>twibackup policy check [FILE] [--json]</c> and <c>twibackup policy schema</c>.</summary>
internal static class PolicyCommand
{
    /// <param name="environment">The variables this process was started with.</param>
    /// <param name="policyOption">The option <c>--policy</c> of all commands; null: there is none.</param>
    internal static Command Create(TimeProvider time, IReadOnlyDictionary<string, string> environment, Option<string?>? policyOption = null)
    {
        var file = new Argument<string?>("FILE")
        {
            Description = $"The policy; else --policy, {PolicyFile.Variable}, ./{PolicyFile.Name} or /etc/twibackup/{PolicyFile.Name}.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var json = new Option<bool>("--json") { Description = "Print JSON for programs." };
        var check = new Command("check", "Print what the policy promises and why it holds; refuse it (exit code 2) when promises "
            + "contradict each other.") { file, json };
        check.SetAction(parsed =>
        {
            var given = parsed.GetValue(file) ?? (policyOption is null ? null : parsed.GetValue(policyOption));
            var path = PolicyFile.Find(given, environment);
            return (int)Check(path, time.GetUtcNow(), parsed.GetValue(json), parsed.InvocationConfiguration.Output,
                parsed.InvocationConfiguration.Error);
        });

        var schema = new Command("schema", "Print the JSON Schema of the policy, for editors.");
        schema.SetAction(parsed => parsed.InvocationConfiguration.Output.Write(PolicySchema.ReadText()));

        return new Command("policy", "The one file that says everything that is promised.") { check, schema };
    }

    private static ExitCode Check(string path, DateTimeOffset now, bool asJson, TextWriter output, TextWriter error)
    {
        try
        {
            var policy = PolicyFile.Load(path);
            var findings = PolicyCheck.Check(policy, now);
            if (asJson)
                PolicyCommandJson.Write(path, policy, findings, now, output);
            else
                PolicyCommandReport.Write(path, policy, findings, now, output, error);
            return findings.Any(finding => finding.Severity == Severity.Error) ? ExitCode.WrongUse : ExitCode.Done;
        }
        catch (PolicyException e) when (asJson)
        {
            PolicyCommandJson.WriteErrors(path, e.Errors, output);
            return e.ExitCode;
        }
    }
}
