namespace TwiBackup.Stores;

/// <summary>What a put does when the key is taken.</summary>
public enum PutCondition
{
    /// <summary>
    /// Nothing is overwritten: the commit fails (S3: <c>If-None-Match: *</c>; file: <c>link(2)</c>). The default of everything here.
    /// </summary>
    IfAbsent,

    /// <summary>The new object takes the key's place in one step.</summary>
    Replace,
}
