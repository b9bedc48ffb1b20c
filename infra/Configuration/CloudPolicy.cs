using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TwiBackup.Infra.Configuration;

/// <summary>
/// The policy as the jobs of one region get it: the same promises, with the stores that this program makes in place of the
/// file's own (which may be a folder on a developer's machine), and without comments, so that it fits into a parameter. What is asked of the
/// running system (<c>verification.system</c>) is left out: only the application's own host can see that.
/// </summary>
public static class CloudPolicy
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes it.</summary>
    /// <param name="text">The policy file's text.</param>
    /// <param name="region">Where the jobs run; its bucket is their primary store.</param>
    /// <param name="replica">The region that theirs is replicated to. Null: none, as after a disaster.</param>
    public static string Render(string text, Names names, string region, string? replica)
    {
        var policy = Read(text);
        var stores = policy["stores"]!.AsObject();
        stores["primary"] = StoreUrl(names, region);
        stores.Remove("replica");
        if (replica is not null)
        {
            stores["replica"] = StoreUrl(names, replica);
            // Jobs recover nothing; who does has the file itself, or is the host below.
            policy.Remove("recovery");
        }
        else
        {
            RecoverHere(policy);
        }

        return policy.ToJsonString(Compact);
    }

    /// <summary>How long a policy is when only the stores' own URLs are still to be put in.</summary>
    public static int LengthOf(string text) => Read(text).ToJsonString(Compact).Length;

    /// <summary>The store of a region, as a policy names it.</summary>
    public static string StoreUrl(Names names, string region) => $"s3://{names.Bucket(region)}?region={region}";

    /// <summary>The host that gets this policy is the place that was provisioned: it does the rest, where its data volume is.</summary>
    private static void RecoverHere(JsonObject policy)
    {
        if (policy["recovery"] is not JsonObject recovery)
            policy["recovery"] = recovery = [];
        recovery["place"] = "local";
        recovery.Remove("provision");
    }

    private static JsonObject Read(string text)
    {
        var policy = JsonNode.Parse(text, documentOptions: Lenient)!.AsObject();
        policy.Remove("$schema");
        policy["verification"]?.AsObject().Remove("system");
        return policy;
    }
}
