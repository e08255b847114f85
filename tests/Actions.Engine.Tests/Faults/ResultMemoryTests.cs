using Actions.Engine.Limits;
using Actions.Engine.Tests.Outbound;
using Actions.V1;

namespace Actions.Engine.Tests.Faults;

/// <summary>A result is bounded before it is built: nested values that are selected again count each time.</summary>
[Collection(nameof(RealTime))]
public sealed class ResultMemoryTests : IDisposable
{
    private const int Executions = 8;
    private const int Bytes = 2_400_000;

    // The parsed document takes half of it. Without a bound, one of them takes gigabytes.
    private const long PerExecution = 96 << 20;

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    public static TheoryData<string, string> Documents => new()
    {
        { "$..*", Repeat("""{"a":{"b":{"c":{"d":[1,2,3,{"e":"text"}]}}}}""") },
        { "$..*", Repeat("[[[[[[[[[[1]]]]]]]]]]") },
        { "$..*", Repeat("1") },
        { "$..*", Repeat("{}") },
        { "$", Repeat("{}") },
        { "$", Repeat("[]") },
        { "$[*]", Repeat("\"\"") },
        { "$..[*]", Repeat("""{"a":0}""") },
        { "$[*]", Repeat("""{"a":{},"b":{}}""") },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task LargeDocumentSelected_TooLargeAndNotBuilt(string path, string document)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response(document));
        var config = Configs.Get(api.Url).Selecting("all", path);
        config.ResponsePolicy = new() { MaxBodyBytes = ContractLimits.MaxResponseBodyBytes };
        using var held = new HeldMemory();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, Executions).Select(_ => _engine.FailureAsync(config)));

        held.Most().ShouldBeLessThan(Executions * PerExecution);
        outcomes.ShouldAllBe(failure => failure.Reason == FailureReason.ResponseTooLarge);
        outcomes.ShouldAllBe(failure => failure.Detail == "The selected fields are too large for one message.");
    }

    private static string Repeat(string element) =>
        $"[{string.Join(',', Enumerable.Repeat(element, Bytes / (element.Length + 1)))}]";
}
