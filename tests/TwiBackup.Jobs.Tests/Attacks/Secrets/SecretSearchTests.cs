using System.Text;
using System.Text.Json;
using TwiBackup.Tests.Sealing;

namespace TwiBackup.Tests.Attacks.Secrets;

/// <summary>That nothing is found says something only where what is there would be.</summary>
public sealed class SecretSearchTests
{
    private const string Secret = "pä55 w\"ord:/with+odd\\things";

    public static TheoryData<string> Forms =>
    [
        $"before {Secret} behind",
        Convert.ToHexStringLower(Encoding.UTF8.GetBytes($"x{Secret}")),
        Convert.ToHexString(Encoding.UTF8.GetBytes(Secret)),
        Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)),
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"x-access-token:{Secret}@")),
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"ab{Secret}cd")),
        Uri.EscapeDataString(Secret),
        JsonSerializer.Serialize(new { Secret }),
        Secret.Replace("\\", "\\\\", StringComparison.Ordinal),
        Secret[..18],
        "…" + Secret[^16..],
    ];

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_secret_is_found_in_any_form(string text)
    {
        var search = new SecretSearch();
        search.Add("other", "nobody's business");
        search.Add("password", Secret);
        Assert.Contains(search.In(text), f => f.StartsWith("password", StringComparison.Ordinal));
        Assert.DoesNotContain(search.In(text), f => f.StartsWith("other", StringComparison.Ordinal));
    }

    [Fact]
    public void It_is_found_in_files_their_names_and_in_what_JSON_says()
    {
        using var folder = new TempFolder();
        var search = new SecretSearch();
        search.Add("token", "AbCdEfGhIjKlMn");
        folder.Write("innocent", "AbCdEfG");
        folder.Write("utf16", Encoding.Unicode.GetBytes("it is AbCdEfGhIjKlMn"));
        folder.Write("AbCdEfGhIjKlMn.txt", "");
        folder.Write("escaped.json", "{\"a\": \"\\u0041bCdEfGhIjKlMn\"}");
        Assert.Equal(
            ["AbCdEfGhIjKlMn.txt", "escaped.json", "utf16"],
            search.InFolder(folder.Path).Select(f => f.File).Distinct().Order(StringComparer.Ordinal));
        Assert.DoesNotContain(search.InFolder(folder.Path, except: name => name != "innocent"), _ => true);
    }
}
