using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Actions.Allocations;
using Actions.Engine;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Limits;
using Actions.Engine.Outbound;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Response;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Parts;

/// <summary>What the benchmarks have in common: the engine as the server puts it together, and its actions.</summary>
internal static class Parts
{
    public static readonly Uri Api = new("http://127.0.0.1:5080");

    public static readonly EngineOptions Options = new();

    public static readonly SsrfGuard Guard =
        new(new OutboundOptions { AllowedNetworks = "loopback" }, static () => [50051], TimeProvider.System);

    public static readonly ActionCompiler Compiler = new(Options, Guard);

    public static readonly IReadOnlyDictionary<string, Value> Values = Scenario("rich").ToRequest().Variables;

    public static Scenario Scenario(string name) => Allocations.Scenario.All.Single(scenario => scenario.Name == name);

    public static ActionPlan Plan(string name, Action<ActionConfig>? change = null)
    {
        var action = Scenario(name).ToAction(Api);
        change?.Invoke(action);
        return Compiler.Compile(action, "action_config");
    }

    public static byte[] Answer(string name) => Encoding.UTF8.GetBytes(Scenario(name).Answer);

    public static HttpResponseMessage Respond(byte[] answer)
    {
        var content = new ByteArrayContent(answer);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        // As a server states it: how a body is read depends on it.
        content.Headers.ContentLength = answer.Length;
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = content };
    }

    /// <summary>A response that was read, as the last steps of an attempt take it.</summary>
    public static UpstreamResponse Read(HttpResponseMessage message, byte[] answer) =>
        new(message, answer, Options.MaxJsonResponseDepth, new WorkBudget());

    /// <summary>The result as a competent engineer makes it.</summary>
    public static Result ByHand(string name, JsonElement json)
    {
        var result = new Result { StatusCode = 200, ContentType = "application/json" };
        Peer.ByHand.Select(name, json, result);
        return result;
    }

    /// <summary>The engine, with what answers in the place of the network.</summary>
    public static ActionEngine Engine(byte[] answer) =>
        new(new UpstreamHttp(new Network(answer), Guard), Options, TimeProvider.System);

    /// <summary>Answers each request at once.</summary>
    internal sealed class Network(byte[] answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = Respond(answer);
            response.RequestMessage = request;
            return Task.FromResult(response);
        }
    }
}
