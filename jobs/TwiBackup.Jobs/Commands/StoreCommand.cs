using System.CommandLine;
using TwiBackup.Policy;
using TwiBackup.Stores;

namespace TwiBackup.Commands;

/// <summary><c>twibackup store</c>.</summary>
internal static class StoreCommand
{
    public static Command Create() => new("store", "The places that backups go to") { CreatePrepare() };

    private static Command CreatePrepare()
    {
        var store = new Option<string?>("--store") { Description = "This one, without a lock, instead of the policy's", HelpName = "URL" };
        var command = new Command("prepare", "Make the policy's stores where they are missing: buckets with versions kept and, where the policy says so, object lock; with their owner's credentials") { store };
        return command.Runs(async (parsed, cancellationToken) =>
        {
            var environment = ProcessEnvironment.Read();
            var (urls, wanted) = parsed.GetValue(store) is { } url ? ([url], null) : Of(PolicyFile.Load(PolicyFile.Find(parsed.GetValue(GlobalOptions.Policy), environment)));
            foreach (var each in urls)
                Console.Out.WriteLine(await StorePreparation.RunAsync(each, environment, wanted, TimeProvider.System, cancellationToken));
            return ExitCode.Done;
        });
    }

    private static (IReadOnlyList<string> Urls, LockPolicy? Lock) Of(BackupPolicy policy) =>
        (policy.Stores.Replica is { } replica ? [policy.Stores.Primary, replica] : [policy.Stores.Primary], policy.Stores.Lock);
}
