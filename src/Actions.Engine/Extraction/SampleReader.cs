using Actions.Engine.Execution;
using Actions.Engine.Outbound;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Extraction;

/// <summary>Makes a sample of an answer, whatever its status.</summary>
internal static class SampleReader
{
    public static async Task<Sample> ReadAsync(
        Run run, HttpResponseMessage response, EngineOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var read = await CappedBody.ReadAsync(response.Content, ContractLimits.MaxSampleBodyBytes, cancellationToken).ConfigureAwait(false);
        var body = read.ToBytes();
        var sample = new Sample
        {
            StatusCode = (int)response.StatusCode,
            ContentType = AnswerReader.ContentTypeOf(response),
            Body = ByteString.CopyFrom(body.Span),
            BodyTruncated = read.Truncated,
            Latency = Duration.FromTimeSpan(time.GetElapsedTime(run.Began)),
            Time = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
        };
        using var json = ResponseJson.TryParse(body, sample.ContentType, wanted: true, options.MaxJsonResponseDepth, out _);
        if (json is not null)
            sample.Fields.Add(FieldDiscovery.Discover(
                json.RootElement, run.Plan.Variables.Names.Concat(run.Plan.Results.Variables), options.MaxJsonPathLength));
        return sample;
    }
}
