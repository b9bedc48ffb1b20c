using Pulumi;
using Aws = Pulumi.Aws;

namespace TwiBackup.Infra;

/// <summary>A parameter of SSM that holds no secret.</summary>
internal static class PlainParameter
{
    /// <summary>Above this a parameter needs SSM's advanced tier.</summary>
    private const int Standard = 4096;

    /// <param name="length">Of the value; 0: short.</param>
    public static void Make(
        string name, string parameter, Input<string> value, int length, InputMap<string> tags, CustomResourceOptions options) =>
            _ = new Aws.Ssm.Parameter(name, new Aws.Ssm.ParameterArgs
    {
        Name = parameter,
        Description = "Of TwiBackup; holds no secret",
        Type = Aws.Ssm.ParameterType.String,
        Tier = length > Standard ? "Advanced" : "Standard",
        Value = value,
        Tags = tags,
    }, options);
}
