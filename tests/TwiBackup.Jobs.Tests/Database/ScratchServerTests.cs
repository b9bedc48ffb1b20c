using TwiBackup.Database;

namespace TwiBackup.Tests.Database;

/// <summary>A scratch server never touches the store, nor what its owner's settings name (decision 2).</summary>
public sealed class ScratchServerTests(OneBackup backup) : IClassFixture<OneBackup>
{
    [Fact]
    public async Task A_scratch_restore_leaves_the_store_as_it_was_and_follows_none_of_its_owners_settings()
    {
        var before = backup.Source.Photograph();
        var archived = Directory.GetFiles(backup.Archive).Order().ToList();
        await using (var server = await backup.Source.RestoreAsync(RecoveryTarget.Latest))
        {
            Assert.Equal("3", await server.AskAsync("select count(*) from rows"));
            // It is promoted and writes: whatever it would send away, it would send now.
            await server.AskAsync("insert into rows values (100) returning 1");
            await server.AskAsync("select pg_switch_wal()");
            await server.AskAsync("insert into rows values (101) returning 1");
            Assert.Equal("off", await server.AskAsync("show archive_mode"));
            foreach (var setting in (string[])["archive_command", "primary_conninfo", "primary_slot_name", "synchronous_standby_names", "listen_addresses", "shared_preload_libraries"])
                Assert.Contains(await server.AskAsync($"show {setting}"), (string[])["", "(disabled)"]);
            Assert.Equal("0", await server.AskAsync("select count(*) from pg_replication_slots"));
            await server.CompleteAsync(BackedUpServer.Cancellation);
        }

        Assert.Equal(before, backup.Source.Photograph());
        Assert.Equal(archived, Directory.GetFiles(backup.Archive).Order());
    }

    [Fact]
    public void The_manifest_holds_no_setting_that_can_be_a_secret_or_a_place()
    {
        var settings = backup.Set.Manifest.Database!.Settings;
        Assert.DoesNotContain(settings, s => s.Value.Contains("secret", StringComparison.Ordinal) || s.Value.Contains(backup.Archive, StringComparison.Ordinal));
        Assert.DoesNotContain("listen_addresses", settings.Keys);
        Assert.DoesNotContain("synchronous_standby_names", settings.Keys);
    }
}
