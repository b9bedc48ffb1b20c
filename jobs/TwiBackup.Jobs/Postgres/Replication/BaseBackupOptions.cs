namespace TwiBackup.Postgres.Replication;

/// <summary>Options of BASE_BACKUP.</summary>
/// <param name="Label">The backup label.</param>
/// <param name="FastCheckpoint">Whether the checkpoint is taken at once.</param>
/// <param name="ManifestChecksums">NONE, CRC32C, SHA224, SHA256, SHA384 or SHA512: the algorithm in backup_manifest.</param>
public sealed record BaseBackupOptions(string Label, bool FastCheckpoint = true, string ManifestChecksums = "CRC32C")
{
    private static readonly string[] _algorithms = ["NONE", "CRC32C", "SHA224", "SHA256", "SHA384", "SHA512"];

    /// <summary>The command: with a list of options (servers from 15 on), else with the keywords of 13 and 14.</summary>
    internal string ToCommand(bool optionList)
    {
        if (Array.IndexOf(_algorithms, ManifestChecksums) < 0)
            throw new TwiBackupException(ExitCode.WrongUse, $"Manifest checksums are \"{ManifestChecksums}\". Write one of "
                + $"{string.Join(", ", _algorithms)}.");
        var label = $"'{Label.Replace("'", "''", StringComparison.Ordinal)}'";
        return optionList
            ? $"BASE_BACKUP (LABEL {label}, PROGRESS, CHECKPOINT '{(FastCheckpoint ? "fast" : "spread")}', WAIT false, TABLESPACE_MAP, "
                + $"MANIFEST 'yes', MANIFEST_CHECKSUMS '{ManifestChecksums}')"
            : $"BASE_BACKUP LABEL {label} PROGRESS {(FastCheckpoint ? "FAST " : "")}NOWAIT TABLESPACE_MAP MANIFEST 'yes' "
                + $"MANIFEST_CHECKSUMS '{ManifestChecksums}'";
    }
}
