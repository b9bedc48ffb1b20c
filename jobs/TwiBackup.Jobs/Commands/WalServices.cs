using System.CommandLine;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Commands;

/// <summary>What the <c>wal</c> commands work with.</summary>
/// <param name="System">The system's name in the store.</param>
/// <param name="Store">Disposed by the command.</param>
/// <param name="Keys">To receive and push: recipients and signer. To fetch: identities and trusted keys.</param>
/// <param name="Receiver">Server, slot and intervals from the policy; null when the policy has no WAL.</param>
/// <param name="Progress">Lines for the operator.</param>
/// <param name="Alert">Sends an alert; returns at once.</param>
internal sealed record WalServices(
    string System, IObjectStore Store, KeyRing Keys, WalReceiverOptions? Receiver, IProgressReporter Progress, Action<WalEvent> Alert)
{
    /// <summary>Tells what a receiver has to tell; disposed by the command. Null: <see cref="Alert"/> alone does.</summary>
    public ReceiverVoice? Voice { get; init; }

    /// <summary>From the policy, with the keys that the command's role has: who fetches opens, who receives and pushes seals.</summary>
    public static Task<WalServices> OpenAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var role = parsed.CommandResult.Command.Name switch
        {
            "fetch" => JobRole.Restorer,
            "show" => JobRole.Reader,
            _ => JobRole.Writer,
        };
        var job = JobContext.Open(parsed.GetValue(GlobalOptions.Policy), role, new LineProgress(Console.Error));
        var receiver = role == JobRole.Writer && job.Policy.Backups.Incremental is not null ? job.Receiver() : null;
        return Task.FromResult(new WalServices(job.Policy.System, job.Store, job.Keys, receiver, job.Progress, job.Alert)
        {
            Voice = parsed.CommandResult.Command.Name == "receive" ? ReceiverVoice.Open(parsed, job) : null,
        });
    }
}
