using System.Text.Json;
using Actions.Engine;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Response;
using Actions.V1;
using BenchmarkDotNet.Attributes;

namespace Actions.Parts;

/// <summary>Steps 6 to 8: from the bytes of an answer to the result.</summary>
[BenchmarkCategory("Answer")]
public class AnswerBenchmarks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ResponseReader _reader = new(Parts.Options, TimeProvider.System);
    private byte[] _answer = [];
    private ActionPlan _plan = null!;
    private HttpResponseMessage _message = null!;

    /// <summary>300 bytes with two fields, or 64 KiB with five.</summary>
    [Params("small", "large")]
    public string Answer { get; set; } = "";

    [GlobalSetup]
    public void Prepare()
    {
        _answer = Parts.Answer(Answer);
        _plan = Parts.Plan(Answer);
        _message = Parts.Respond(_answer);
    }

    [Benchmark(Description = "JsonDocument and a walk by hand", Baseline = true)]
    public object ExtractByHand()
    {
        using var json = JsonDocument.Parse(_answer);
        return Parts.ByHand(Answer, json.RootElement);
    }

    [Benchmark(Description = "extract")]
    public object Extract()
    {
        using var response = Parts.Read(_message, _answer);
        return ResponseReader.Extract(response, new Verdict(null, "", null), _plan.Parts.Results, wantsBody: false);
    }

    [Benchmark(Description = "read a body")]
    public async Task<int> ReadBodyAsync()
    {
        using var message = Parts.Respond(_answer);
        using var response = await _reader.ReadAsync(
            message, _plan.Parts.Reading, wantsBody: false, Patience, CancellationToken.None).ConfigureAwait(false);
        return response.Status;
    }
}

/// <summary>One path in a parsed document of 64 KiB.</summary>
[BenchmarkCategory("Path")]
public class PathBenchmarks
{
    private const string Path = "$.orders[100].customer.name";

    private readonly JsonDocument _document = JsonDocument.Parse(Parts.Answer("large"));
    private readonly JsonPath _path = JsonPath.Parse(Path);

    [Benchmark(Description = "a walk by hand", Baseline = true)]
    public object SelectByHand() =>
        _document.RootElement.GetProperty("orders")[100].GetProperty("customer").GetProperty("name");

    [Benchmark(Description = "a JSONPath of one node")]
    public object Select() => _path.Select(_document.RootElement);

    [Benchmark(Description = "parse a JSONPath")]
    public object Parse() => JsonPath.Parse(Path);
}

/// <summary>All nine steps, with what answers at once in the place of the network.</summary>
[BenchmarkCategory("Execution")]
public class ExecutionBenchmarks : IDisposable
{
    private readonly Dictionary<string, Google.Protobuf.WellKnownTypes.Value> _none = [];
    private ActionEngine _engine = null!;
    private ActionPlan _plan = null!;
    private HttpMessageInvoker _http = null!;

    [Params("small", "large")]
    public string Answer { get; set; } = "";

    [GlobalSetup]
    public void Prepare()
    {
        _engine = Parts.Engine(Parts.Answer(Answer));
        _plan = Parts.Plan(Answer);
        _http = new HttpMessageInvoker(new Parts.Network(Parts.Answer(Answer)));
    }

    [Benchmark(Description = "call and walk by hand", Baseline = true)]
    public async Task<object> CallByHandAsync()
    {
        using var message = new HttpRequestMessage(System.Net.Http.HttpMethod.Get, new Uri(Parts.Api, Answer));
        using var response = await _http.SendAsync(message, CancellationToken.None).ConfigureAwait(false);
        var body = await response.Content.ReadAsStreamAsync().ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            using var json = await JsonDocument.ParseAsync(body).ConfigureAwait(false);
            return new ExecutionEvent { Result = Parts.ByHand(Answer, json.RootElement) };
        }
    }

    [Benchmark(Description = "execute")]
    public async Task<object> ExecuteAsync()
    {
        ExecutionEvent? last = null;
        var events = _engine.ExecuteAsync(_plan, new("bench", _none), CancellationToken.None);
        await foreach (var next in events.ConfigureAwait(false))
            last = next;
        return last?.Result ?? throw new InvalidOperationException($"It ended in {last}.");
    }

    public void Dispose()
    {
        _http?.Dispose();
        GC.SuppressFinalize(this);
    }
}
