using TwiBackup.Catalog;
using TwiBackup.Tests.Catalog;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks;

/// <summary>Whatever is done to stored objects: what is read is what was written, or it is refused and named.</summary>
public sealed class MutationTests
{
    private const int Rounds = 1000;

    [Fact]
    public async Task A_thousand_seeded_mutations_are_refused_or_change_nothing_that_is_read()
    {
        var seed = Environment.TickCount;
        await using var objects = await StoredObjects.CreateAsync(seed);
        var folder = Directory.CreateTempSubdirectory("twi-mutations-").FullName;
        var contents = await PlaintextsAsync(objects);
        var refused = 0;
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                var mutation = new Mutation(objects, unchecked(seed + round));
                if (!await mutation.ApplyAsync())
                {
                    round--;
                    seed++;
                    continue;
                }

                var what = $"seed {unchecked(seed + round)}: {mutation}";
                var hits = await ReadSetsAsync(objects, contents, mutation, what) + await ReadWalAsync(objects, Path.Combine(folder, "file"), mutation, what);
                await ReadMarksAsync(objects);
                refused += hits > 0 ? 1 : 0;
                mutation.Undo();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{Rounds} mutations, {refused} refused, the others of objects that were not needed; seed {seed}");
        // Marks, points and the second copy of a history may be gone without anything missing.
        Assert.True(refused > Rounds / 2, $"only {refused} were refused");
    }

    private static async Task<Dictionary<string, byte[]>> PlaintextsAsync(StoredObjects objects)
    {
        var contents = new Dictionary<string, byte[]>();
        foreach (var set in (BackupSet[])[objects.Older, objects.Newer])
        {
            foreach (var entry in set.Manifest.Objects)
                contents[set.Key(entry)] = await SampleSets.ReadAsync(objects.Catalog, set, entry.Name);
        }

        return contents;
    }

    /// <summary>How many sets or objects were refused; everything else must be as it was.</summary>
    private static async Task<int> ReadSetsAsync(StoredObjects objects, Dictionary<string, byte[]> contents, Mutation mutation, string what)
    {
        if (!mutation.Key.Contains("/database/", StringComparison.Ordinal) && !mutation.Other.Contains("/database/", StringComparison.Ordinal))
            return 0;
        var listing = await objects.Catalog.ListAsync(SetKind.Full, SampleSets.Cancellation);
        var refused = 2 - listing.Sets.Count;
        Assert.All(listing.Refused, set => Assert.Contains(set.Id, set.Reason, StringComparison.Ordinal));
        foreach (var set in listing.Sets)
        {
            foreach (var entry in set.Manifest.Objects)
            {
                var key = set.Key(entry);
                try
                {
                    var read = await SampleSets.ReadAsync(objects.Catalog, set, entry.Name);
                    Assert.True(read.AsSpan().SequenceEqual(contents[key]), $"{what}: {key} was read, and is another");
                }
                catch (TwiBackupException e)
                {
                    Assert.True(e.Message.Contains(key, StringComparison.Ordinal), $"{what}: {e.Message}");
                    Assert.True(key == mutation.Key || key == mutation.Other, $"{what}: {key} was refused");
                    refused++;
                }
            }
        }

        return refused;
    }

    private static async Task<int> ReadWalAsync(StoredObjects objects, string destination, Mutation mutation, string what)
    {
        if (!mutation.Key.Contains("/wal/", StringComparison.Ordinal) && !mutation.Other.Contains("/wal/", StringComparison.Ordinal))
            return 0;
        var refused = 0;
        foreach (var (name, content) in objects.Wal)
        {
            try
            {
                var result = await objects.NewFetch().FetchAsync(name, destination, SampleSets.Cancellation);
                Assert.True(result == WalFetchResult.Fetched || mutation.What == MutationKind.Delete, $"{what}: {name} is said to be absent");
                if (result == WalFetchResult.NotThere)
                    refused++;
                else
                    Assert.True(IsWhatWasWritten(content, await File.ReadAllBytesAsync(destination), mutation), $"{what}: {name} was fetched, and is another");
            }
            catch (TwiBackupException)
            {
                Assert.False(File.Exists(destination), $"{what}: {name} was refused, and is in place");
                refused++;
            }

            File.Delete(destination);
        }

        return refused;
    }

    /// <summary>A tail that is gone without a trace at the very end of WAL is as if it had never been stored.</summary>
    private static bool IsWhatWasWritten(byte[] content, byte[] fetched, Mutation mutation) =>
        content.AsSpan().SequenceEqual(fetched)
        || (mutation.What == MutationKind.Delete && content.AsSpan(0, 100_000).SequenceEqual(fetched.AsSpan(0, 100_000)) && fetched.AsSpan(100_000).IndexOfAnyExcept((byte)0) < 0);

    /// <summary>A mark is one of those that were signed, or none.</summary>
    private static async Task ReadMarksAsync(StoredObjects objects)
    {
        var newest = await objects.NewMarks().NewestAsync(1, SampleSets.Cancellation);
        Assert.True(newest is null || newest.Time == SampleSets.Epoch || newest.Time == SampleSets.Epoch.AddMinutes(1));
    }
}
