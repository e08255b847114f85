using System.Text;

namespace Actions.Testing.Fuzz;

/// <summary>Makes inputs that are almost right out of ones that are right.</summary>
/// <param name="corpus">Inputs to start from.</param>
/// <param name="words">What the grammar is made of, and what programs stumble over.</param>
/// <param name="seed">The same seed makes the same inputs.</param>
internal sealed class Mutator(IReadOnlyList<byte[]> corpus, IReadOnlyList<byte[]> words, int seed)
{
    private const int MaxChanges = 6;
    private const int MaxLength = 4_096;

    private static readonly byte[] Interesting = [0x00, 0x01, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x27, 0x5c, 0x7f, 0x80, 0xc0, 0xed, 0xf4, 0xfe, 0xff];

    private readonly SeededNumbers _random = new(seed);

    public Mutator(IEnumerable<string> corpus, IEnumerable<string> words, int seed)
        : this([.. corpus.Select(Encoding.UTF8.GetBytes)], [.. words.Select(Encoding.UTF8.GetBytes)], seed)
    {
    }

    public byte[] Next()
    {
        var input = new List<byte>(_random.Pick(corpus));
        for (var changes = _random.Next(MaxChanges) + 1; changes > 0; changes--)
            Change(input);
        return [.. input.Take(MaxLength)];
    }

    private void Change(List<byte> input)
    {
        var at = _random.Next(input.Count + 1);
        var length = Math.Min(_random.Next(1, 16), input.Count - at);
        switch (_random.Next(8))
        {
            case 0:
                input.RemoveRange(at, length);
                break;
            case 1:
                input.InsertRange(_random.Next(input.Count + 1), input.GetRange(at, length));
                break;
            case 2:
                var other = _random.Pick(corpus);
                var from = _random.Next(other.Length + 1);
                input.InsertRange(at, other.AsSpan(from, _random.Next(other.Length - from + 1)).ToArray());
                break;
            case 3 when at < input.Count:
                input[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 4:
                input.Insert(at, Interesting[_random.Next(Interesting.Length)]);
                break;
            case 5 when length > 0:
                // Deep or long: what is repeated finds limits.
                var piece = input.GetRange(at, length);
                for (var times = _random.Next(1, 64); times > 0; times--)
                    input.InsertRange(at, piece);
                break;
            default:
                input.InsertRange(at, _random.Pick(words));
                break;
        }
    }
}
