using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace TwiBackup.Tests.Reports;

/// <summary>A page in the browser, and everything that it asked for or complained of.</summary>
public sealed class WatchedPage : IAsyncDisposable
{
    private readonly IBrowserContext context;
    private readonly ConcurrentQueue<string> asked = [];
    private readonly ConcurrentQueue<string> complaints = [];

    internal WatchedPage(IBrowserContext context, IPage page)
    {
        (this.context, Page) = (context, page);
        page.Request += (_, request) => asked.Enqueue(request.Url);
        page.Console += (_, message) => complaints.Enqueue($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => complaints.Enqueue(error);
    }

    public IPage Page { get; }

    /// <summary>URLs, in order.</summary>
    public IReadOnlyList<string> Asked => [.. asked];

    /// <summary>Whatever the console showed.</summary>
    public IReadOnlyList<string> Complaints => [.. complaints];

    /// <summary>Opens a page from a file, as somebody does who was sent it.</summary>
    public async Task ShowAsync(string html)
    {
        var file = Path.Combine(Path.GetTempPath(), $"twibackup-page-{Guid.NewGuid():N}.html");
        await File.WriteAllTextAsync(file, html);
        try
        {
            await Page.GotoAsync($"file://{file}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>
    /// Where <c>TWIBACKUP_TEST_SCREENSHOTS</c> names a folder, leaves a picture there for a person to look at.
    /// </summary>
    public async Task PhotographAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("TWIBACKUP_TEST_SCREENSHOTS") is { Length: > 0 } folder)
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png"), FullPage = true });
    }

    public async ValueTask DisposeAsync() => await context.DisposeAsync();
}
