using System.Buffers.Binary;
using System.Globalization;

namespace TwiBackup.Wal;

/// <summary>What a data directory says of its cluster without a server: PG_VERSION and the beginning of <c>global/pg_control</c>.</summary>
public static class ClusterFolder
{
    /// <summary>The layout of the cluster in <paramref name="dataDirectory"/>. Throws when it is none.</summary>
    public static WalLayout Read(string system, string dataDirectory)
    {
        try
        {
            Span<byte> identifier = stackalloc byte[sizeof(ulong)];
            using (var control = File.OpenHandle(Path.Combine(dataDirectory, "global", "pg_control")))
            {
                if (RandomAccess.Read(control, identifier, 0) < sizeof(ulong))
                    throw new EndOfStreamException("pg_control is too short.");
            }

            return new WalLayout(system, ReadMajor(dataDirectory), BinaryPrimitives.ReadUInt64LittleEndian(identifier));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new TwiBackupException(
                $"{dataDirectory} can't be read as a data directory: {failure.Message} Run this as the server's account, from its data directory.", failure);
        }
    }

    /// <summary>The data directory that a file in its pg_wal lies in, as archive_command names it: relative, or absolute.</summary>
    public static string OfWalFile(string path) => Path.GetDirectoryName(Path.GetDirectoryName(Path.GetFullPath(path))) ?? "/";

    /// <summary>The major version in PG_VERSION.</summary>
    public static int ReadMajor(string dataDirectory) =>
        int.Parse(File.ReadAllText(Path.Combine(dataDirectory, "PG_VERSION")).Trim().Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture);
}
