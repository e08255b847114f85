using System.Buffers;

namespace Actions.Engine.Tests.Outbound;

/// <summary>A pool that notices what nobody may do with its buffers.</summary>
internal sealed class CheckedPool : ArrayPool<byte>
{
    private readonly HashSet<byte[]> _rented = new(ReferenceEqualityComparer.Instance);

    /// <summary>Buffers that are rented, or were never given back.</summary>
    public int Missing => _rented.Count;

    /// <summary>Buffers that were given back, and may be another's by now.</summary>
    public List<byte[]> GivenBack { get; } = [];

    public override byte[] Rent(int minimumLength)
    {
        // Some more than was asked for, as pools do.
        var buffer = new byte[minimumLength + 7];
        _rented.Add(buffer);
        return buffer;
    }

    public override void Return(byte[] array, bool clearArray = false)
    {
        _rented.Remove(array).ShouldBeTrue("given back twice, or not from here");
        array.AsSpan().ContainsAnyExcept((byte)0).ShouldBeFalse("given back with what it held");
        GivenBack.Add(array);
    }
}
