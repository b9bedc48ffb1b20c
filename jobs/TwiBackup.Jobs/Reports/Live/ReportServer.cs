using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.AspNetCore.Hosting.Server;
using TwiBackup.Policy;

namespace TwiBackup.Reports.Live;

/// <summary>
/// Serves the page: <c>/</c>, the same as JSON at <c>/report.json</c>, and <c>/health</c>, which is <c>status --check</c> over HTTP. Reads
/// only, and takes its settings from nobody but its caller: no file or variable opens it to the network.
/// </summary>
public sealed class ReportServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly LiveReport report;

    private ReportServer(WebApplication app, LiveReport report, bool isForAll)
    {
        (this.app, this.report) = (app, report);
        app.Run(context => AnswerAsync(context, isForAll));
    }

    /// <summary>Where it listens; with the port that it was given when it asked for none.</summary>
    public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Listens from now on. Throws <see cref="TwiBackupException"/> when it can't.</summary>
    /// <param name="isForAll">Whether it answers to any name; else only to this machine's own, so that no web page that a browser shows can read it.</param>
    public static async Task<ReportServer> StartAsync(IPEndPoint listen, bool isForAll, LiveReport report, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(listen);
        });
        var server = new ReportServer(builder.Build(), report, isForAll);
        try
        {
            await server.app.StartAsync(cancellationToken);
            return server;
        }
        catch (IOException e)
        {
            await server.DisposeAsync();
            throw new TwiBackupException($"{listen} can't be listened on: {e.Message} Name another one with --listen.", e);
        }
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, bool isForAll)
    {
        var (request, response) = (context.Request, context.Response);
        var headers = response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = Page.ContentSecurityPolicy(live: true) + "; frame-ancestors 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (!isForAll && !IsThisMachine(request.Host.Host))
            await WriteAsync(context, StatusCodes.Status421MisdirectedRequest, "text/plain", Bytes("This page answers to this machine's own names only. Start it with --expose to change that.\n"));
        else if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
            await WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "text/plain", Bytes("Only GET and HEAD are answered.\n"));
        else
            await ReadAsync(context);
    }

    private async Task ReadAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/":
                // Also when the store can't be read: the page says so, and what was known.
                await WriteAsync(context, StatusCodes.Status200OK, "text/html", (await report.GetAsync(context.RequestAborted)).Html);
                break;
            case "/report.json":
                var view = await report.GetAsync(context.RequestAborted);
                await (view is { Problem: null, Json: { } json }
                    ? WriteAsync(context, StatusCodes.Status200OK, "application/json", json)
                    : WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "text/plain", Bytes(view.Problem + "\n")));
                break;
            case "/health":
                var (line, code) = await report.GetAsync(context.RequestAborted) is var now ? (now.Health, now.Code) : default;
                await WriteAsync(
                    context, code == ExitCode.Done ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, "text/plain", Bytes(line + "\n"));
                break;
            default:
                await WriteAsync(context, StatusCodes.Status404NotFound, "text/plain", Bytes("There is /, /report.json and /health.\n"));
                break;
        }
    }

    private static async Task WriteAsync(HttpContext context, int status, string type, byte[] content)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type + "; charset=utf-8";
        context.Response.ContentLength = content.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }

    /// <summary>A name that a web page elsewhere can't have pointed here (DNS rebinding).</summary>
    private static bool IsThisMachine(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
