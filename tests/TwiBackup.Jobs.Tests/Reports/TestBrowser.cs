using Microsoft.Playwright;

namespace TwiBackup.Tests.Reports;

/// <summary>
/// The system's own Chromium, driven by Playwright, for the tests of one class. <c>TWIBACKUP_TEST_BROWSER=off</c> skips them; a path
/// given there is the browser.
/// </summary>
public sealed class TestBrowser : IAsyncLifetime
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];
    private IPlaywright? playwright;
    private IBrowser? browser;

    public async ValueTask InitializeAsync()
    {
        var named = Environment.GetEnvironmentVariable("TWIBACKUP_TEST_BROWSER");
        if (named == "off")
            return;
        var path = named is { Length: > 0 } ? named : Find();
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = path,
            // It is told to be quiet, so that whatever it asks for is the page's doing.
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
        playwright?.Dispose();
    }

    /// <summary>A page that notes what it asks for and what it complains of. Skips the test when there is to be no browser.</summary>
    public async Task<WatchedPage> OpenAsync(int width = 1200, ColorScheme scheme = ColorScheme.Light)
    {
        Assert.SkipWhen(browser is null, "TWIBACKUP_TEST_BROWSER=off");
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = 800 },
            ColorScheme = scheme,
            TimezoneId = "America/St_Johns",
        });
        return new WatchedPage(context, await context.NewPageAsync());
    }

    private static string Find() =>
        (from name in Names
         from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
         let path = Path.Combine(folder, name)
         where File.Exists(path)
         select path).FirstOrDefault() ?? throw new InvalidOperationException("There is no Chromium. Run tools/prepare test, or set TWIBACKUP_TEST_BROWSER=off.");
}
