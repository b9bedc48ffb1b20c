using System.Globalization;
using System.Text.RegularExpressions;
using TwiBackup.Infra.Policies;

namespace TwiBackup.Infra.Tests.Support;

/// <summary>
/// Decides as IAM does within one account: an explicit deny wins, then an allow of the identity's policy is needed
/// (<see href="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html">evaluation logic</see>).
/// Knows the operators that this program uses and refuses others.
/// </summary>
internal sealed class PolicySimulator(PolicyDocument identity, PolicyDocument resource)
{
    public bool Allows(string action, string arn, IReadOnlyDictionary<string, string[]> context) =>
        !resource.Statements.Concat(identity.Statements).Any(statement => !statement.Allow && Applies(statement, action, arn, context))
        && identity.Statements.Any(statement => statement.Allow && Applies(statement, action, arn, context));

    private static bool Applies(Statement statement, string action, string arn, IReadOnlyDictionary<string, string[]> context) =>
        statement.Actions.Any(pattern => IsLike(action, pattern, ignoreCase: true))
        && statement.Resources.Any(pattern => IsLike(arn, pattern))
        && statement.Conditions.All(condition => Holds(condition, context));

    private static bool Holds(Condition condition, IReadOnlyDictionary<string, string[]> context)
    {
        var values = context.GetValueOrDefault(condition.Key) ?? [];
        var (set, test) = condition.Test.Split(':') is [var quantifier, var rest] ? (quantifier, rest) : ("", condition.Test);
        if (test == "Null")
            return (values.Length == 0) == (condition.Values[0] == "true");
        if (test.EndsWith("IfExists", StringComparison.Ordinal))
        {
            if (values.Length == 0)
                return true;
            test = test[..^"IfExists".Length];
        }

        bool One(string value) => Matches(test, value, condition.Values);
        return set switch
        {
            "ForAllValues" => values.All(One),
            "ForAnyValue" => values.Any(One),
            _ => values.Length == 0 ? test.Contains("Not", StringComparison.Ordinal) : values.All(One),
        };
    }

    private static bool Matches(string test, string value, IReadOnlyList<string> wanted) => test switch
    {
        "StringEquals" or "Bool" or "ArnEquals" => wanted.Contains(value, StringComparer.Ordinal),
        "StringNotEquals" or "ArnNotEquals" => !wanted.Contains(value, StringComparer.Ordinal),
        "StringLike" or "ArnLike" => wanted.Any(pattern => IsLike(value, pattern)),
        "ArnNotLike" => !wanted.Any(pattern => IsLike(value, pattern)),
        "NumericLessThan" => Number(value) < Number(wanted[0]),
        "NumericGreaterThan" => Number(value) > Number(wanted[0]),
        _ => throw new NotSupportedException($"The simulator does not know {test}."),
    };

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static bool IsLike(string text, string pattern, bool ignoreCase = false) =>
        Regex.IsMatch(text, $"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal)}$", ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None);
}
