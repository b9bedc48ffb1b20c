using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Policies;
using Aws = Pulumi.Aws;

namespace TwiBackup.Infra.Roles;

/// <summary>A system's four roles. Applied with the everyday stack, the restorer too: in the disaster IAM may not take changes.</summary>
public sealed class SystemRoles : Component
{
    public SystemRoles(string name, StackConfig config, ProtectedSystem system, Region region, Output<IReadOnlyDictionary<string,
        string>> keyArns)
        : base("SystemRoles", name, config, region.In())
    {
        foreach (var role in Enum.GetValues<JobRole>())
        {
            var made = new Aws.Iam.Role(Names.Role(system.Name, role), new Aws.Iam.RoleArgs
            {
                Name = Names.Role(system.Name, role),
                Description = $"TwiBackup {system.Name}: {role.ToString().ToLowerInvariant()}",
                AssumeRolePolicy = Trust(role).ToJson(),
                MaxSessionDuration = role == JobRole.Restorer ? 43_200 : 3_600,
                Tags = Tags,
            }, Child());
            Policies[role] = new Aws.Iam.RolePolicy($"{Names.Role(system.Name, role)}-store", new Aws.Iam.RolePolicyArgs
            {
                Role = made.Id,
                Name = "store",
                Policy = keyArns.Apply(keys => RolePolicies.For(role, system, Names, keys).ToJson()),
            }, Child());
            Roles[role] = made;
        }

        RegisterOutputs();
    }

    public Dictionary<JobRole, Aws.Iam.Role> Roles { get; } = [];

    /// <summary>What a task that starts before them would be denied.</summary>
    public Dictionary<JobRole, Aws.Iam.RolePolicy> Policies { get; } = [];

    /// <summary>Tasks take the first three; the restorer is a host.</summary>
    private PolicyDocument Trust(JobRole role) => role == JobRole.Restorer
        ? PolicyDocument.Trust("ec2.amazonaws.com", Names.Account)
        : PolicyDocument.Trust("ecs-tasks.amazonaws.com", Names.Account, Names.Arn("ecs", Names.PrimaryRegion, "*"));
}
