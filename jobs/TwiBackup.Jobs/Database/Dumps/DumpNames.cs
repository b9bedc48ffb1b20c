using System.Globalization;
using System.Text;

namespace TwiBackup.Database.Dumps;

/// <summary>Names of a dump set's objects, and of the databases and schemas that a restore makes.</summary>
public static class DumpNames
{
    /// <summary>The object with the roles.</summary>
    public const string Globals = "globals.sql.zst.age";

    /// <summary>What a database restored beside is called until it is proven.</summary>
    public const string BesidePrefix = "twibackup_restore_";

    private const string Suffix = ".dump.zst.age";
    private const string AsideMark = ".twibackup-";
    private const int LongestName = 63;

    /// <summary>
    /// The object of a database: its name, where everything but letters, digits, <c>_</c> and <c>-</c> of ASCII is written as <c>=</c> and
    /// the hexadecimal value of each byte of UTF-8, as in quoted-printable mail. Different names give different objects.
    /// </summary>
    public static string ObjectOf(string database)
    {
        var name = new StringBuilder(database.Length + Suffix.Length);
        foreach (var value in Encoding.UTF8.GetBytes(database))
        {
            if (char.IsAsciiLetterOrDigit((char)value) || value is (byte)'_' or (byte)'-')
                name.Append((char)value);
            else
                name.Append(CultureInfo.InvariantCulture, $"={value:X2}");
        }

        return name.Append(Suffix).ToString();
    }

    /// <summary>The temporary name of a run's database number <paramref name="number"/>: nothing in it needs quotes.</summary>
    internal static string Beside(string runId, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{BesidePrefix}{runId.ToLowerInvariant().Replace('-', '_')}_{number}");

    /// <summary>The name under which what had <paramref name="name"/> is kept; long names are cut, as PostgreSQL's have 63 bytes.</summary>
    internal static string Aside(string name, string runId)
    {
        var mark = AsideMark + runId;
        var kept = name;
        while (Encoding.UTF8.GetByteCount(kept) + mark.Length > LongestName)
            kept = kept[..^(kept.Length > 1 && char.IsLowSurrogate(kept[^1]) ? 2 : 1)];
        return kept + mark;
    }

    /// <summary>The schema in which a run keeps the tables that it replaces.</summary>
    internal static string AsideSchema(string runId) => $"twibackup-{runId}";
}
