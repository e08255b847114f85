using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a message is written to. Exactly one <c>Complete</c> ends the writing.</summary>
public abstract class SerializationContext
{
    /// <summary>Takes the whole message as bytes, and ends the writing.</summary>
    /// <exception cref="NotImplementedException">The context takes no array.</exception>
    public virtual void Complete(byte[] payload) => throw new NotImplementedException();

    /// <summary>A buffer to write the message to, ended with <see cref="Complete()"/>.</summary>
    /// <exception cref="NotImplementedException">The context has no buffer.</exception>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotImplementedException();

    /// <summary>Tells the length in bytes before the buffer is asked for; a context may ignore it.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    /// <summary>Ends the writing to the buffer.</summary>
    /// <exception cref="NotImplementedException">The context has no buffer.</exception>
    public virtual void Complete() => throw new NotImplementedException();
}

/// <summary>Where a message is read from, once.</summary>
public abstract class DeserializationContext
{
    /// <summary>Length of the message in bytes.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>The message as an array of its own.</summary>
    /// <exception cref="NotImplementedException">The context gives no array.</exception>
    public virtual byte[] PayloadAsNewBuffer() => throw new NotImplementedException();

    /// <summary>The message without a copy where possible; valid only while it is being read.</summary>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(PayloadAsNewBuffer());
}
