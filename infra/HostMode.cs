namespace TwiBackup.Infra;

/// <summary>What a host of the restore environment is for.</summary>
public enum HostMode
{
    /// <summary>The disaster: the system comes back here, reachable as the configuration says.</summary>
    Recover,

    /// <summary>The quarterly proof: no way to the internet, the bot is a stand-in, the host ends itself.</summary>
    Rehearse,
}
