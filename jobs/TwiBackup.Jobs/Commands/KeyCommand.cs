using System.CommandLine;
using TwiBackup.Sealing;

namespace TwiBackup.Commands;

/// <summary><c>twibackup key generate --out DIR [--json]</c> and <c>twibackup key show FILE [--json]</c>.</summary>
internal static class KeyCommand
{
    internal static Command Create(TimeProvider time)
    {
        var folder = new Option<string>("--out")
        {
            Description = "The folder for the files; made when it is not there.",
            HelpName = "DIR",
            Required = true,
        };
        var generateJson = Json();
        var generate = new Command("generate", "Make an identity (opens backups) and a signing key.") { folder, generateJson };
        generate.SetAction(async (parsed, cancellationToken) =>
        {
            var keys = await KeyFiles.GenerateAsync(parsed.GetRequiredValue(folder), time, cancellationToken);
            KeyCommandReport.Write(keys, parsed.GetValue(generateJson), parsed.InvocationConfiguration.Output);
            return (int)ExitCode.Done;
        });

        var file = new Argument<string>("FILE") { Description = "A key file: identity.txt, signing.key, signing.pub, or recipients." };
        var showJson = Json();
        var show = new Command("show", "Tell what a key file is, and its public key; never the secret.") { file, showJson };
        show.SetAction(async (parsed, cancellationToken) =>
        {
            var content = await KeyFiles.DescribeAsync(parsed.GetRequiredValue(file), cancellationToken);
            KeyCommandReport.Write(content, parsed.GetValue(showJson), parsed.InvocationConfiguration.Output);
            return (int)ExitCode.Done;
        });

        return new Command("key", "The keys that seal, open, sign and verify backups.") { generate, show };
    }

    private static Option<bool> Json() => new("--json") { Description = "Print JSON for programs." };
}
