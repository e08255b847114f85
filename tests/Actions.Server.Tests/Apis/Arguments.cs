using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Actions.Server.Tests.Apis;

/// <summary>Executes an action with arguments from a cell of a guide, and observes what the API receives.</summary>
internal static class Arguments
{
    /// <summary>A cell with a JSON value, or "none".</summary>
    public static Value? Parse(string cell) => cell == "none" ? null : JsonParser.Default.Parse<Value>(cell);

    /// <returns>The request, and the message of the Start event; or the violations that refused it.</returns>
    public static async Task<Observed> ExecuteAsync(
        this RunningServer server,
        RawUpstream upstream,
        ActionConfig action,
        params (string Name, Value? Value)[] arguments)
    {
        var stored = await server.CreateAsync(action);
        var request = new ExecuteRequest { Id = stored.Id };
        foreach (var (name, value) in arguments)
        {
            if (value is not null)
                request.Variables.Add(name, value);
        }

        var before = upstream.Requests.Count;
        try
        {
            var events = await server.ExecuteAsync(request);
            events[^1].Result.ShouldNotBeNull(events[^1].ToString());
            var dry = await server.ExecuteAsync(new(request) { DryRun = true });
            var sent = upstream.Requests.Skip(before).ShouldHaveSingleItem();
            ShouldShow(dry[^1].Result.RenderedRequest, sent, upstream);
            return new Observed(sent, events[0].Start.Message, []);
        }
        catch (RpcException e)
        {
            upstream.Requests.Count.ShouldBe(before);
            e.StatusCode.ShouldBe(StatusCode.InvalidArgument);
            return new Observed(null, "", (await Refusal.OfAsync(Task.FromException(e))).Violations);
        }
    }

    /// <summary>A dry run shows the request that is sent.</summary>
    private static void ShouldShow(RenderedRequest shown, RawRequest sent, RawUpstream upstream)
    {
        shown.Url.ShouldBe(upstream.Url + sent.Target);
        shown.Body.ShouldBe(sent.Text);
        foreach (var header in shown.Headers)
            sent.Header(header.Name).ShouldBe(header.Value);
    }
}

/// <param name="Request">Null: refused.</param>
/// <param name="Start">What is spoken before the API is called.</param>
/// <param name="Violations">What is wrong, for each field.</param>
internal sealed record Observed(
    RawRequest? Request, string Start, IReadOnlyList<(string Field, string Description)> Violations)
{
    /// <summary>The body, or the violation of the variable v.</summary>
    public string BodyOrViolation()
    {
        if (Request is not null)
            return Request.Text;
        var (field, description) = Violations.ShouldHaveSingleItem();
        field.ShouldBe("variables.v");
        return description;
    }
}
