using System.Text;

namespace TwiBackup.Recovery;

/// <summary>The outline of a post-mortem, with what the recovery itself can tell.</summary>
internal static class PostMortem
{
    public static void AddTo(StringBuilder page, RecoveryResult result)
    {
        page.Append("""
            ## Post-mortem

            Blame nobody: ask what made it possible, and what made it hard to see.

            ### What happened
            _In three sentences, for somebody who was not there._

            ### Who noticed, when, and how
            _Was it an alert, a user, or chance? How long had it been so?_

            ### What it meant for users

            ### Why (ask it five times)
            1.
            2.
            3.
            4.
            5.

            ### What went well

            ### What went badly

            """);
        foreach (var line in Troubles(result))
            page.Append("- ").Append(MarkdownText.Line(line)).Append('\n');
        page.Append("""

            ### What will be changed
            | what | who | until |
            | --- | --- | --- |
            |  |  |  |

            """);
    }

    private static IEnumerable<string> Troubles(RecoveryResult result)
    {
        foreach (var o in result.Objectives.Where(o => !o.Met))
            yield return $"{o.Component}: {(o.Lost > o.Rpo ? $"lost {MarkdownText.Span(o.Lost)}, allowed are {MarkdownText.Span(o.Rpo)}. " : "")}{(o.Took > o.Rto ? $"Away for {MarkdownText.Span(o.Took)}, allowed are {MarkdownText.Span(o.Rto)}." : "")}";
        foreach (var step in result.Steps)
        {
            if (step.IsOverShare)
                yield return $"{step.Step.Name()} took {MarkdownText.Span(step.Took)}, its share is {MarkdownText.Span(step.Share)}.";
            if (step.Attempts > 1)
                yield return $"{step.Step.Name()} was begun {step.Attempts} times.";
            if (step.State == StepState.Failed)
                yield return $"{step.Step.Name()} failed: {step.Detail}";
        }

        foreach (var line in result.Plan?.Skipped ?? [])
            yield return line;
    }
}
