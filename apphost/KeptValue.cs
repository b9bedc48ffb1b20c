using Aspire.Hosting.Publishing;
using Microsoft.Extensions.Configuration;

namespace TwiBackup.AppHost;

/// <summary>A secret key that is made when none is kept yet; Aspire then keeps it in the user secrets.</summary>
internal sealed class KeptValue(IDistributedApplicationBuilder builder, string variable, Func<string> make) : ParameterDefault
{
    private readonly Lazy<string> value = new(() => builder.Configuration[$"Parameters:{Secrets.NameOf(variable)}"] ?? make());

    public string Variable => variable;

    public string Value => value.Value;

    public override string GetDefaultValue() => Value;

    /// <summary>Nothing: who deploys brings keys of their own.</summary>
    public override void WriteToManifest(ManifestPublishingContext context)
    {
    }
}
