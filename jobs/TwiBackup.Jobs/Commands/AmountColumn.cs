using Spectre.Console;
using Spectre.Console.Rendering;
using TwiBackup.Progress;

namespace TwiBackup.Commands;

/// <summary>Bytes done and the mean rate, for stages that count bytes; empty for the others.</summary>
internal sealed class AmountColumn : ProgressColumn
{
    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
    {
        if (task.MaxValue <= 1)
            return Text.Empty;
        var seconds = task.ElapsedTime?.TotalSeconds ?? 0;
        var rate = seconds > 0.05 ? $"{Sizes.Text((long)(task.Value / seconds))}/s" : "";
        return new Text($"{Sizes.Text((long)task.Value),8} {rate,11}");
    }
}
