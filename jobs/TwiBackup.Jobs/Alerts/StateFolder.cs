namespace TwiBackup.Alerts;

/// <summary>Where this machine keeps what may be lost: it is asked for by nobody but the next process.</summary>
internal static class StateFolder
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "TWIBACKUP_STATE";

    /// <summary>
    /// TWIBACKUP_STATE, else systemd's STATE_DIRECTORY, else <c>/var/lib/twibackup</c> for root, else
    /// <c>$XDG_STATE_HOME/twibackup</c> or <c>~/.local/state/twibackup</c>.
    /// </summary>
    public static string Find(IReadOnlyDictionary<string, string> environment)
    {
        if (Given(Variable) is { } named)
            return Path.GetFullPath(named);
        if (Given("STATE_DIRECTORY") is { } systemd)
            return systemd.Split(':')[0];
        if (Environment.IsPrivilegedProcess)
            return "/var/lib/twibackup";
        return Path.Combine(Given("XDG_STATE_HOME") ?? Path.Combine(Given("HOME") ?? "/tmp", ".local", "state"), "twibackup");

        string? Given(string name) => environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
    }
}
