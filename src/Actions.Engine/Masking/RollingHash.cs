using System.Security.Cryptography;

namespace Actions.Engine.Masking;

/// <summary>
/// A polynomial hash modulo 2^61 - 1. The hash of any part of a text follows from the hashes of its beginnings in
/// constant time. The base is random, so that nobody can choose texts that collide.
/// </summary>
internal static class RollingHash
{
    private const ulong Modulus = (1UL << 61) - 1;

    private static readonly ulong Base =
        BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) % (Modulus - 1_000) + 500;

    public static ulong Append(ulong hash, byte next) => Add(Multiply(hash, Base), next + 1UL);

    /// <summary>Writes the hash of each beginning of the text: one more than it has bytes.</summary>
    public static void OfBeginnings(ReadOnlySpan<byte> text, Span<ulong> hashes)
    {
        hashes[0] = 0;
        for (var i = 0; i < text.Length; i++)
            hashes[i + 1] = Append(hashes[i], text[i]);
    }

    /// <summary>The factor that <see cref="Part"/> needs for parts of this length.</summary>
    public static ulong Power(int length)
    {
        var (power, square) = (1UL, Base);
        for (; length > 0; length >>= 1)
        {
            if ((length & 1) == 1)
                power = Multiply(power, square);
            square = Multiply(square, square);
        }

        return power;
    }

    public static ulong NextPower(ulong power) => Multiply(power, Base);

    /// <summary>The hash of a part.</summary>
    public static ulong Part(ReadOnlySpan<ulong> hashes, int start, int length, ulong power) =>
        Add(hashes[start + length], Modulus - Multiply(hashes[start], power));

    private static ulong Add(ulong a, ulong b)
    {
        var sum = a + b;
        return sum >= Modulus ? sum - Modulus : sum;
    }

    private static ulong Multiply(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return Add(low & Modulus, (low >> 61) | (high << 3));
    }
}
