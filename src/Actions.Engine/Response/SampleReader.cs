using Actions.Engine.Extraction;
using Actions.Engine.Limits;
using Actions.Engine.Masking;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Response;

/// <summary>
/// Takes a sample of a response of any status and masks all secrets of the request that the API repeats in it.
/// </summary>
internal sealed class SampleReader(EngineOptions options, TimeProvider time)
{
    // Reads beyond the cut and cuts after masking: what is known of the rest shows whether a secret begins before it.
    private const int Overlap = 64 << 10;

    /// <param name="response">A response whose headers have arrived.</param>
    /// <param name="taken">Names that fields must not have.</param>
    /// <param name="mask">Masks the secrets that were sent.</param>
    /// <param name="started">The clock's timestamp from which the latency counts.</param>
    public async Task<Sample> ReadAsync(
        HttpResponseMessage response, IEnumerable<string> taken, SecretMask mask, long started, CancellationToken cancellationToken)
    {
        var read = await CappedBody.ReadAsync(response.Content, ContractLimits.MaxSampleBodyBytes + Overlap, cancellationToken).ConfigureAwait(false);
        var body = read.ToBytes();
        var contentType = UpstreamResponse.ContentTypeOf(response);
        var shown = MaskBody(mask, body, contentType, read.Truncated);
        var sample = new Sample
        {
            StatusCode = (int)response.StatusCode,
            ContentType = mask.Mask(contentType),
            Body = ByteString.CopyFrom(shown.AsSpan(0, Math.Min(shown.Length, ContractLimits.MaxSampleBodyBytes))),
            BodyTruncated = Math.Max(body.Length, shown.Length) > ContractLimits.MaxSampleBodyBytes,
            Latency = Duration.FromTimeSpan(time.GetElapsedTime(started)),
            Time = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
        };
        using var json = sample.BodyTruncated
            ? null
            : ResponseJson.TryParse(body, contentType, wanted: true, options.MaxJsonResponseDepth, out _);
        if (json is not null)
        {
            sample.Shape = mask.Mask(SampleShape.Of(json.RootElement));
            var fields = FieldDiscovery.Discover(json.RootElement, taken, options.MaxJsonPathLength);
            var bytes = 0;
            // A path that contains a secret can't be stored.
            foreach (var field in fields.Where(field => mask.Mask(field.JsonPath) == field.JsonPath))
            {
                field.Value = mask.Mask(field.Value);
                bytes += field.CalculateSize();
                if (bytes > ContractLimits.MaxSampleFieldsBytes)
                    break;
                sample.Fields.Add(field);
            }
        }

        return sample;
    }

    private static byte[] MaskBody(SecretMask mask, ReadOnlyMemory<byte> body, string contentType, bool isCut)
    {
        if (ResponseJson.ForeignCharset(contentType, body.Span) is not { } encoding)
            return mask.Mask(body.ToArray(), isCut);
        var text = encoding.GetString(body.Span);
        var masked = mask.Mask(text, isCut);
        return ReferenceEquals(masked, text) ? body.ToArray() : encoding.GetBytes(masked);
    }
}
