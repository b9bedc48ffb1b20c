using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Roles;

namespace TwiBackup.Infra.Restore;

/// <summary>What a system's place to recover to needs.</summary>
public sealed record SystemRestoreArgs
{
    public required ProtectedSystem System { get; init; }

    public required Region Region { get; init; }

    public required RestoreEnvironment Shared { get; init; }

    public required SystemRoles Roles { get; init; }
}
