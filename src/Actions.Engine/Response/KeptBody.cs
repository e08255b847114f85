using Actions.Engine.Extraction.Paths;
using Actions.Engine.Masking;

namespace Actions.Engine.Response;

/// <summary>As much of a response's body as is shown, as it came: it is masked when somebody looks at it.</summary>
internal sealed class KeptBody
{
    private readonly byte[] _bytes;
    private readonly string _contentType;
    private readonly bool _continues;

    private KeptBody(byte[] bytes, string contentType, bool continues) =>
        (_bytes, _contentType, _continues) = (bytes, contentType, continues);

    public int Length => _bytes.Length;

    public static KeptBody? Of(UpstreamResponse response)
    {
        var bytes = response.Body.Bytes;
        return bytes.IsEmpty ? null : new KeptBody(
            bytes[..Math.Min(bytes.Length, ShownBody.NeededBytes)].ToArray(),
            response.ContentType,
            response.Truncated || bytes.Length > ShownBody.NeededBytes);
    }

    public (ReadOnlyMemory<byte> Bytes, bool Truncated, string ContentType) Show(SecretMask mask)
    {
        using var body = new ResponseBody(_bytes, _contentType, maxDepth: 0, new WorkBudget());
        var (shown, isCut) = ShownBody.Of(body, _continues, mask);
        return (shown, isCut || _continues, _contentType);
    }
}
