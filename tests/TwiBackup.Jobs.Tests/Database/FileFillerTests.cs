using TwiBackup.Database;
using TwiBackup.Tests.Sealing;

namespace TwiBackup.Tests.Database;

public sealed class FileFillerTests : IDisposable
{
    private const int MiB = 1 << 20;

    /// <summary>On a disk, and where the page cache can't be passed by on every kernel.</summary>
    public static TheoryData<string, int> Files
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var place in (string[])[Path.GetTempPath(), "/dev/shm"])
            {
                foreach (var length in (int[])[0, 1, 8192, MiB, MiB + 1, MiB + 4096, 3 * MiB, 3 * MiB + 8192, 3 * MiB - 1])
                    data.Add(place, length);
            }

            return data;
        }
    }

    private readonly List<DirectoryInfo> _folders = [];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_file_has_what_its_stream_gave(string place, int length)
    {
        var content = Samples.Bytes(length);
        var path = NewFile(place);
        var told = 0L;
        using (var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write))
            await new FileFiller().FillAsync(file, new StingyStream(content, seed: 7, 300_000), length, n => told += n, TestContext.Current.CancellationToken);
        Assert.Equal(content, await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        Assert.Equal(length, told);
    }

    [Fact]
    public async Task One_filler_fills_many_files_and_what_follows_a_file_stays_in_the_stream()
    {
        var content = Samples.Bytes(5 * MiB);
        var source = new MemoryStream(content);
        var filler = new FileFiller();
        var at = 0;
        foreach (var length in (int[])[2 * MiB, 100, MiB + 8192])
        {
            var path = NewFile(Path.GetTempPath());
            using (var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write))
                await filler.FillAsync(file, source, length, _ => { }, TestContext.Current.CancellationToken);
            Assert.Equal(content[at..(at + length)], await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
            at += length;
            Assert.Equal(at, source.Position);
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(2 * MiB)]
    public async Task A_stream_that_ends_early_is_an_error(int there)
    {
        using var file = File.OpenHandle(NewFile(Path.GetTempPath()), FileMode.CreateNew, FileAccess.Write);
        await Assert.ThrowsAsync<EndOfStreamException>(
            () => new FileFiller().FillAsync(file, new MemoryStream(new byte[there]), there + 4096, _ => { }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_write_that_fails_is_told()
    {
        var path = NewFile(Path.GetTempPath());
        await File.WriteAllBytesAsync(path, [], TestContext.Current.CancellationToken);
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read);
        await Assert.ThrowsAnyAsync<Exception>(
            () => new FileFiller().FillAsync(file, new MemoryStream(new byte[3 * MiB]), 3 * MiB, _ => { }, TestContext.Current.CancellationToken));
    }

    public void Dispose()
    {
        foreach (var folder in _folders)
            folder.Delete(recursive: true);
    }

    private string NewFile(string place)
    {
        var folder = Directory.CreateDirectory(Path.Combine(place, $"twi-fill-{Guid.NewGuid():n}"));
        _folders.Add(folder);
        return Path.Combine(folder.FullName, "file");
    }
}
