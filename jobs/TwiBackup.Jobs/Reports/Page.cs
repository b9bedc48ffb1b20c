using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using TwiBackup.Status;

namespace TwiBackup.Reports;

/// <summary>
/// What every page is made of: one file with its style inside, and a policy that lets the browser load nothing at all. A page that is
/// served live also carries one small script, which may ask where it came from for the page again, and nothing else.
/// </summary>
internal static class Page
{
    private static readonly string Style = Read("page.css");
    private static readonly string Refresh = Read("refresh.js");

    /// <summary>The whole document.</summary>
    public static string Of(string title, ComponentState state, Html body, string tool, bool live) => Html.Of(
        $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="{Html.OfResource(ContentSecurityPolicy(live))}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <title>{title}</title>
        <link rel="icon" id="icon" href="{Icon(state)}">
        <style>{Html.OfResource(Style)}</style>
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        {body}
        <footer><p class="note">{tool}.{(live ? Html.Of($" <span id=\"live\">This page renews itself every ten seconds.</span> The same as <a href=\"report.json\">JSON</a>.") : Html.Empty)}</p></footer>
        {(live ? Html.Of($"<script>{Html.OfResource(Refresh)}</script>") : Html.Empty)}
        </body>
        </html>

        """).ToString();

    /// <summary>What the browser may load and run: our own style, and live our own script and the page itself.</summary>
    public static string ContentSecurityPolicy(bool live) =>
        $"default-src 'none'; style-src '{Hash(Style)}'; img-src data:; base-uri 'none'; form-action 'none'"
        + (live ? $"; script-src '{Hash(Refresh)}'; connect-src 'self'" : "");

    /// <summary>A part that is renewed by itself; <paramref name="id"/> stays when its content goes.</summary>
    public static Html Part(string id, Html content) => Html.Of($"<div id=\"part-{id}\" data-part>{content}</div>\n");

    /// <summary>A part with a heading that the navigation leads to.</summary>
    public static Html Section(string id, string heading, Html content) => Html.Of(
        $"""
        <section id="{id}" aria-labelledby="{id}-h"><h2 id="{id}-h">{heading}</h2>
        {Part(id, content)}</section>

        """);

    /// <summary>More of something, closed at first; printed in any case.</summary>
    public static Html More(string id, string summary, Html content) =>
        Html.Of($"<details id=\"{id}\"><summary>{summary}</summary>\n{content}</details>\n");

    /// <summary>A tab shows by form and colour how it stands.</summary>
    private static string Icon(ComponentState state)
    {
        var (colour, form) = state switch
        {
            ComponentState.Good => ("1a7f4b", "M4 8.5l3 3 5-6"),
            ComponentState.Missed => ("c62828", "M5 5l6 6M11 5l-6 6"),
            _ => ("8a5a00", "M8 4v5M8 11v1"),
        };
        return $"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='3' fill='%23{colour}'/%3E%3Cpath d='{form}' fill='none' stroke='white' stroke-width='2'/%3E%3C/svg%3E";
    }

    private static string Hash(string content) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}";

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"TwiBackup.Reports.{name}")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
