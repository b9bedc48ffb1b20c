namespace TwiBackup.Stores;

/// <summary>
/// An object being written. Write it, then <see cref="CommitAsync"/>; disposing without a commit leaves nothing that a
/// reader can see. Not thread safe; memory is bounded whatever is written.
/// </summary>
public abstract class ObjectUpload : Stream
{
    /// <summary>Makes the object visible and durable. Nothing can be written afterwards.</summary>
    /// <exception cref="ObjectExistsException">The key is taken and the condition was <see cref="PutCondition.IfAbsent"/>.</exception>
    public abstract Task<ObjectInfo> CommitAsync(CancellationToken cancellationToken);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush()
    {
    }
}
