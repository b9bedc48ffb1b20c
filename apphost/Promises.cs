using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using TwiBackup.Policy;

namespace TwiBackup.AppHost;

/// <summary>
/// The policy, twibackup.json: what is promised stands once. On a developer's machine the same promises go to the jobs as a text, with the
/// places of this machine in place of the file's own, and without alerts; published, the file itself is used.
/// </summary>
/// <param name="Policy">As the file has it.</param>
/// <param name="Text">For this machine's jobs; null: they read the file.</param>
internal sealed record Promises(BackupPolicy Policy, ReferenceExpression? Text)
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The file beside this project.</summary>
    public static string PathOf(IDistributedApplicationBuilder builder) => Path.Combine(builder.AppHostDirectory, "..", PolicyFile.Name);

    /// <param name="builder">Knows where the project is.</param>
    /// <param name="places">What stands on this machine in place of the file's own, by name; empty: nothing.</param>
    public static Promises Load(IDistributedApplicationBuilder builder, params IReadOnlyList<(string Name, ReferenceExpression Place)> places)
    {
        var path = PathOf(builder);
        return new Promises(PolicyFile.Load(path), places.Count == 0 ? null : Render(File.ReadAllText(path), places));
    }

    private static ReferenceExpression Render(string text, IReadOnlyList<(string Name, ReferenceExpression Place)> places)
    {
        var policy = JsonNode.Parse(text, documentOptions: Lenient)!.AsObject();
        policy.Remove("$schema");
        policy.Remove("alerts");
        for (var i = 0; i < places.Count; i++)
        {
            var parts = places[i].Name.Split('.');
            var section = parts[..^1].Aggregate(policy, (node, part) => node[part]!.AsObject());
            section[parts[^1]] = Mark(i);
        }

        // A value that is known only when the containers run takes the place of each mark.
        var rest = policy.ToJsonString(Compact);
        var result = new ReferenceExpressionBuilder();
        for (var i = 0; i < places.Count; i++)
        {
            var at = Enumerable.Range(0, places.Count).MinBy(n => rest.IndexOf(Mark(n), StringComparison.Ordinal) is var found and >= 0 ? found : int.MaxValue);
            var (before, after) = (rest[..rest.IndexOf(Mark(at), StringComparison.Ordinal)], rest[(rest.IndexOf(Mark(at), StringComparison.Ordinal) + Mark(at).Length)..]);
            result.AppendLiteral(Escape(before));
            result.AppendFormatted(places[at].Place);
            rest = after;
        }

        result.AppendLiteral(Escape(rest));
        return result.Build();

        static string Mark(int number) => $"@@{number}@@";
        static string Escape(string literal) => literal.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
    }
}
