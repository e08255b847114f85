using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Actions.Engine.Masking;

/// <summary>
/// Finds the longest of many values at a position of a text, in a time that depends on neither their number nor their
/// length: a binary search over their lengths. At each length that is visited on the way to a longer value, an entry
/// says how much of it is a value itself (Waldvogel et al., "Scalable High Speed IP Routing Lookups", 1997).
/// </summary>
internal sealed class SecretIndex
{
    /// <summary>Bytes of the shortest value.</summary>
    public const int MinBytes = sizeof(uint);

    private readonly string[] _values;
    private readonly uint[] _beginnings;
    private readonly int[] _lengths;
    private readonly ulong[] _powers;

    // From the hash of a value, or of a beginning of one, to the length of the longest value that it begins with.
    private readonly Dictionary<ulong, int> _entries = [];

    // A bit for each hash of four bytes: rules out most positions of a text quickly.
    private readonly ulong[] _begins = new ulong[(1 << 16) / 64];

    /// <param name="values">Distinct, each of at least <see cref="MinBytes"/> bytes.</param>
    public SecretIndex(IEnumerable<string> values)
    {
        _values = [.. values.OrderBy(Encoding.UTF8.GetByteCount)];
        _lengths = [.. _values.Select(Encoding.UTF8.GetByteCount).Distinct()];
        _powers = [.. _lengths.Select(RollingHash.Power)];
        _beginnings = new uint[_values.Length];
        for (var i = 0; i < _values.Length; i++)
            Add(i);
    }

    /// <summary>Whether a value may begin with these bytes.</summary>
    public bool MayBeginWith(ReadOnlySpan<byte> text)
    {
        var slot = Slot(BinaryPrimitives.ReadUInt32LittleEndian(text));
        return (_begins[slot / 64] & (1UL << (slot % 64))) != 0;
    }

    /// <param name="hashes">The text's, by <see cref="RollingHash.OfBeginnings"/>.</param>
    /// <param name="end">The end of the text.</param>
    /// <returns>The length of the longest value at this position; 0 if there is none.</returns>
    public int LongestAt(ReadOnlySpan<ulong> hashes, int at, int end)
    {
        var (low, high, longest) = (0, _lengths.Length - 1, 0);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_lengths[middle] <= end - at
                && _entries.TryGetValue(RollingHash.Part(hashes, at, _lengths[middle], _powers[middle]), out var found))
            {
                longest = found;
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return longest;
    }

    /// <summary>How much of a value stands at the end of a text that is cut there.</summary>
    /// <param name="hashes">The text's.</param>
    /// <param name="end">The end of the text.</param>
    /// <param name="beginnings">The first four bytes at every position where a value may begin.</param>
    public int PartAtEnd(ReadOnlySpan<ulong> hashes, int end, IReadOnlySet<uint> beginnings)
    {
        var longest = 0;
        for (var i = 0; i < _values.Length && beginnings.Count > 0; i++)
        {
            if (!beginnings.Contains(_beginnings[i]))
                continue;
            var value = Encoding.UTF8.GetBytes(_values[i]);
            var (hash, power) = (0UL, 1UL);
            for (var length = 1; length < value.Length && length <= end; length++)
            {
                hash = RollingHash.Append(hash, value[length - 1]);
                power = RollingHash.NextPower(power);
                if (length >= MinBytes && length > longest
                    && RollingHash.Part(hashes, end - length, length, power) == hash)
                    longest = length;
            }
        }

        return longest;
    }

    // In the order of their lengths: an entry on the way needs all shorter values.
    private void Add(int index)
    {
        var value = Encoding.UTF8.GetBytes(_values[index]);
        _beginnings[index] = BinaryPrimitives.ReadUInt32LittleEndian(value);
        var slot = Slot(_beginnings[index]);
        _begins[slot / 64] |= 1UL << (slot % 64);
        var rented = ArrayPool<ulong>.Shared.Rent(value.Length + 1);
        RollingHash.OfBeginnings(value, rented);
        var (low, high) = (0, _lengths.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var length = _lengths[middle];
            if (length > value.Length)
            {
                high = middle - 1;
                continue;
            }

            var hash = RollingHash.Part(rented, 0, length, _powers[middle]);
            if (length == value.Length)
                _entries[hash] = length;
            else if (!_entries.ContainsKey(hash))
                _entries.Add(hash, LongestAt(rented, 0, length));
            low = length == value.Length ? high + 1 : middle + 1;
        }

        ArrayPool<ulong>.Shared.Return(rented);
    }

    private static int Slot(uint beginning) => (int)((beginning * 2_654_435_761U) >> 16);
}
