namespace TwiBackup.Infra.Configuration;

/// <summary>What a stack is for; which of the two programs runs.</summary>
public enum StackRole
{
    /// <summary>What runs every day, and what the disaster needs beforehand in the second region.</summary>
    Primary,

    /// <summary>The disaster, or its rehearsal: starts the host that the system comes back on.</summary>
    Recovery,
}
