namespace TwiBackup.Policy.SystemChecks;

/// <summary>How closely <c>pg_amcheck</c> looks at the live database.</summary>
public enum AmcheckDepth
{
    /// <summary>It is not run.</summary>
    None,

    /// <summary>Heaps and the structure of indexes: reads everything once.</summary>
    Quick,

    /// <summary>Also that every row is in its indexes (<c>--heapallindexed</c>): several times as long.</summary>
    Full,
}
