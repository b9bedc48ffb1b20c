using System.Text.RegularExpressions;
using TwiBackup.Catalog;
using TwiBackup.Commands;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Invariants;

/// <summary>Times from people carry an offset or are refused; times that we write are UTC.</summary>
public sealed partial class Invariant10_Clocks_are_UTC
{
    [Theory]
    [InlineData("2026-11-23 02:00:00")]
    [InlineData("2026-11-23T02:00:00")]
    [InlineData("2026-11-23T02:00:00.123456")]
    [InlineData("2026-11-23")]
    [InlineData("02:00")]
    [InlineData("yesterday")]
    [InlineData("2026-13-23T02:00:00Z")]
    [InlineData("2026-11-23T02:00:00 CET")]
    [InlineData("")]
    public void A_time_without_an_offset_is_refused(string text)
    {
        var refused = Assert.Throws<TwiBackupException>(() => TargetOptions.ReadTime("--at", text));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
    }

    [Theory]
    [InlineData("2026-11-23T02:00:00Z")]
    [InlineData("2026-11-23 02:00:00z")]
    [InlineData("2026-11-23T03:00:00+01:00")]
    [InlineData("2026-11-22T21:00:00-05:00")]
    [InlineData(" 2026-11-23T07:30+05:30 ")]
    public void A_time_with_an_offset_is_one_instant(string text)
    {
        var read = TargetOptions.ReadTime("--at", text);
        Assert.Equal(TimeSpan.Zero, read.Offset);
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 2, 0, 0, TimeSpan.Zero), read);
    }

    [Fact]
    public void An_id_is_utc_wherever_the_job_runs()
    {
        var id = SetId.Create(new DateTimeOffset(2026, 11, 23, 1, 30, 0, TimeSpan.FromHours(13)));
        Assert.StartsWith("20261122T123000Z-", id, StringComparison.Ordinal);
        Assert.True(SetId.TryParse(id, out var time));
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 12, 30, 0, TimeSpan.Zero), time);
    }

    [Fact]
    public async Task Every_time_of_a_manifest_is_utc()
    {
        await using var store = TestStores.NewFileStore();
        var set = await SampleSets.WriteAsync(new SetCatalog(store.Store, SampleSets.System, SampleSets.NewKeys()), SetKind.Full, ("a", [1]));
        var text = await File.ReadAllTextAsync(Path.Combine(store.Root, set.Manifest.Prefix, CatalogKeys.ManifestName), SampleSets.Cancellation);
        var times = Times().Matches(text);
        Assert.True(times.Count >= 4);
        Assert.All(times, t => Assert.True(t.Value.EndsWith('Z') || t.Value.EndsWith("+00:00", StringComparison.Ordinal), t.Value));
    }

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\""]*")]
    private static partial Regex Times();
}
