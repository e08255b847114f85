using Actions.Engine.Limits;
using Actions.Engine.Masking;

namespace Actions.Engine.Response;

/// <summary>
/// A response's body for people to see: masked, and cut at <see cref="ContractLimits.MaxSampleBodyBytes"/>.
/// </summary>
internal static class ShownBody
{
    // Reads beyond the cut and cuts after masking: half a secret at the end would not be found.
    private const int Overlap = 64 << 10;

    /// <summary>How much of a body is needed.</summary>
    public const int NeededBytes = ContractLimits.MaxSampleBodyBytes + Overlap;

    public static (ReadOnlyMemory<byte> Bytes, bool Truncated) Of(ResponseBody body, SecretMask mask)
    {
        var seen = body.Bytes[..Math.Min(body.Bytes.Length, NeededBytes)];
        var masked = Mask(mask, seen, body);
        var shown = masked.AsMemory(0, Math.Min(masked.Length, ContractLimits.MaxSampleBodyBytes));
        return (shown, Math.Max(seen.Length, masked.Length) > ContractLimits.MaxSampleBodyBytes);
    }

    /// <summary>A secret is found in the body's text, and the body stays in its encoding.</summary>
    private static byte[] Mask(SecretMask mask, ReadOnlyMemory<byte> seen, ResponseBody body)
    {
        if (body.Encoding.CodePage == System.Text.Encoding.UTF8.CodePage)
            return mask.Mask(seen.ToArray());
        var text = body.Encoding.GetString(seen.Span);
        var masked = mask.Mask(text);
        return ReferenceEquals(masked, text) ? seen.ToArray() : body.Encoding.GetBytes(masked);
    }
}
