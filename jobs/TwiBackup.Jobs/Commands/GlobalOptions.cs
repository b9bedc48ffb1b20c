using System.CommandLine;

namespace TwiBackup.Commands;

/// <summary>Options that every command takes.</summary>
internal static class GlobalOptions
{
    public static readonly Option<string?> Policy = new("--policy", "-p")
    {
        Description = "The policy file (default: $TWIBACKUP_POLICY, ./twibackup.json, /etc/twibackup/twibackup.json)",
        HelpName = "FILE",
        Recursive = true,
    };

    public static readonly Option<bool> Verbose = new("--verbose", "-v")
    {
        Description = "Show the technical cause of a failure",
        Recursive = true,
    };

    public static readonly Option<bool?> Alert = new("--alert")
    {
        Description = "Tell alerts.discord and alerts.ping of the policy how the job ended (default: yes, unless a person runs it on a terminal)",
        HelpName = "true|false",
        Arity = ArgumentArity.ZeroOrOne,
        Recursive = true,
    };

    public static readonly Option<bool> Json = new("--json") { Description = "Write the result as JSON to standard output" };

    public static void AddTo(RootCommand root)
    {
        root.Options.Add(Policy);
        root.Options.Add(Verbose);
        root.Options.Add(Alert);
    }
}
