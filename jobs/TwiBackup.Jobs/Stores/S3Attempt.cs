namespace TwiBackup.Stores;

/// <summary>One attempt of a request. It is given up when nothing moves for too long.</summary>
internal sealed class S3Attempt(int number, CancellationTokenSource silence, TimeSpan patience)
{
    /// <summary>1 for the first; later ones may find what an earlier one did though its answer got lost.</summary>
    public int Number { get; } = number;

    public CancellationToken Token => silence.Token;

    /// <summary>A byte moved: the server is not silent.</summary>
    public void Moved() => silence.CancelAfter(patience);
}
