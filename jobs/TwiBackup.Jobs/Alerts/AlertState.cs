using System.Text.Json;

namespace TwiBackup.Alerts;

/// <summary>
/// The <see cref="AlertBook"/> of a system on this machine, in one small file (0600) that its jobs share; when it can't be used, in
/// memory, which is said once: then each process groups for itself.
/// </summary>
internal sealed class AlertState(string folder, string system, Action<string> say, TimeProvider clock)
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LockLook = TimeSpan.FromMilliseconds(20);

    private readonly string path = Path.Combine(folder, $"alerts-{system}.json");
    private AlertBook memory = new();
    private bool saidTrouble;

    /// <summary>Reads, changes and writes the book while no other process does.</summary>
    public async Task<T> ChangeAsync<T>(Func<AlertBook, T> change, CancellationToken cancellationToken)
    {
        FileStream? held = null;
        var result = default(T);
        var isChanged = false;
        try
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            held = await LockAsync(cancellationToken);
            memory = Read();
            (result, isChanged) = (change(memory), true);
            Write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!saidTrouble)
                say($"{path} can't be used ({e.GetType().Name}): which alerts were sent is only known to this process. Set {StateFolder.Variable} to a folder that it can write.");
            saidTrouble = true;
            if (!isChanged)
                result = change(memory);
        }
        finally
        {
            held?.Dispose();
        }

        return result!;
    }

    private async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return Open(path + ".lock", FileMode.OpenOrCreate);
            }
            catch (IOException) when (File.Exists(path + ".lock") && clock.GetElapsedTime(began) < LockPatience)
            {
                await Task.Delay(LockLook, clock, cancellationToken);
            }
        }
    }

    private AlertBook Read()
    {
        if (!File.Exists(path))
            return new AlertBook { Groups = [.. memory.Groups], NotBefore = memory.NotBefore };
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), AlertJson.Default.AlertBook) ?? new AlertBook();
        }
        catch (JsonException)
        {
            say($"{path} is damaged and begins anew: failures that were told may be told again.");
            return new AlertBook();
        }
    }

    private void Write()
    {
        var temporary = $"{path}.{Environment.ProcessId}";
        using (var file = Open(temporary, FileMode.Create))
            JsonSerializer.Serialize(file, memory, AlertJson.Default.AlertBook);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>For us alone, in both senses.</summary>
    private static FileStream Open(string path, FileMode mode) => new(path, new FileStreamOptions
    {
        Mode = mode,
        Access = FileAccess.ReadWrite,
        Share = FileShare.None,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });
}
