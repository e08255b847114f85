using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.Conversations;

public sealed class OncePerCallTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SameAtTheSameMoment_CallsTheApiOnce()
    {
        await using var api = new HeldApi();
        var action = await _server.CreateAsync(Calling.Ordering(api.Url));
        var call = Calling.NewCall();

        var all = Enumerable.Range(0, 8).Select(_ => _server.RunAsync(action.Of(call, "cake"))).ToList();
        await api.CalledAsync();
        api.Answer();

        var ended = await Task.WhenAll(all);
        ended.ShouldAllBe(one => one.Last.Result.Variables["order"].NumberValue == 1);
        ended.Select(one => one.Id).Distinct().ShouldHaveSingleItem();
        api.Count.ShouldBe(1);
    }

    [Fact]
    public async Task OtherArgumentsOrOtherCall_IsNotTheSame()
    {
        await using var api = new HeldApi();
        api.Answer(10);
        var action = await _server.CreateAsync(Calling.Ordering(api.Url));
        var call = Calling.NewCall();

        await _server.RunAsync(action.Of(call, "cake"));
        await _server.RunAsync(action.Of(call, "tea"));
        // What the default says.
        await _server.RunAsync(action.Of(call));
        await _server.RunAsync(action.Of(Calling.NewCall(), "tea"));

        api.Count.ShouldBe(3);
        api.Keys.Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public async Task ActionThatAllowsDuplicates_CallsTheApiEachTime()
    {
        await using var api = new HeldApi();
        api.Answer(10);
        var action = await _server.CreateAsync(AnAction.Calling(api.Url));
        var call = Calling.NewCall();

        var (first, second) = (await _server.RunAsync(action.Of(call)), await _server.RunAsync(action.Of(call)));

        second.Id.ShouldNotBe(first.Id);
        api.Count.ShouldBe(2);
    }

    [Fact]
    public async Task RepeatAfterAnAnswerOfFailure_CallsTheApiAgainWithTheSameKey()
    {
        await using var api = new HeldApi(number => RawUpstream.Response(
            """{"order": 2}""", status: number == 1 ? "409 Conflict" : "200 OK"));
        api.Answer(10);
        var action = await _server.CreateAsync(Calling.Ordering(api.Url));
        var call = Calling.NewCall();

        (await _server.RunAsync(action.Of(call))).Last.Failure.OutcomeUnknown.ShouldBeFalse();
        (await _server.RunAsync(action.Of(call))).Last.Result.Replayed.ShouldBeFalse();

        (await _server.RunAsync(action.Of(call))).Last.Result.Replayed.ShouldBeTrue();
        api.Count.ShouldBe(2);
        api.Keys.Distinct().ShouldHaveSingleItem().ShouldNotBeNull();
    }

    [Fact]
    public async Task RepeatAfterAnUnknownOutcome_CarriesTheSameKey()
    {
        await using var api = new HeldApi(number => number == 1 ? "" : RawUpstream.Response("""{"order": 2}"""));
        api.Answer(10);
        var action = await _server.CreateAsync(Calling.Ordering(api.Url));
        var call = Calling.NewCall();

        (await _server.RunAsync(action.Of(call))).Last.Failure.OutcomeUnknown.ShouldBeTrue();
        (await _server.RunAsync(action.Of(call))).Last.Result.Variables["order"].NumberValue.ShouldBe(2);

        api.Count.ShouldBe(2);
        api.Keys.Distinct().ShouldHaveSingleItem().ShouldNotBeNull();
    }

    [Fact]
    public async Task RepeatAfterAnUnknownOutcome_IsRefusedIfTheActionSaysSo()
    {
        await using var api = new HeldApi(_ => "");
        api.Answer(10);
        var config = Calling.Ordering(api.Url);
        config.OnUnknownOutcome = UnknownOutcome.Refuse;
        config.Messages = new() { FailureMessage = "I don't know whether it was ordered." };
        var action = await _server.CreateAsync(config);
        var call = Calling.NewCall();
        (await _server.RunAsync(action.Of(call))).Last.Failure.OutcomeUnknown.ShouldBeTrue();

        for (var i = 0; i < 2; i++)
        {
            var failure = (await _server.RunAsync(action.Of(call))).Last.Failure;
            failure.Reason.ShouldBe(FailureReason.UnknownOutcome);
            failure.OutcomeUnknown.ShouldBeTrue();
            failure.Message.ShouldBe("I don't know whether it was ordered.");
        }

        api.Count.ShouldBe(1);
    }

    [Fact]
    public async Task RepeatAfterNothingWasSent_CallsTheApi()
    {
        // Nobody listens there yet.
        var port = new RawUpstream(_ => Task.CompletedTask);
        var url = port.Url;
        await port.DisposeAsync();
        var action = await _server.CreateAsync(Calling.Ordering(url));
        var call = Calling.NewCall();

        for (var i = 0; i < 2; i++)
        {
            var failure = (await _server.RunAsync(action.Of(call))).Last.Failure;
            failure.Reason.ShouldBe(FailureReason.Connection);
            failure.OutcomeUnknown.ShouldBeFalse();
        }
    }

    [Fact]
    public async Task DryRun_IsNoExecutionOfTheCall()
    {
        await using var api = new HeldApi();
        api.Answer(10);
        var action = await _server.CreateAsync(Calling.Ordering(api.Url));
        var call = Calling.NewCall();
        var dry = action.Of(call);
        dry.DryRun = true;

        (await _server.RunAsync(dry)).Last.Result.RenderedRequest.ShouldNotBeNull();

        (await Refusal.OfAsync(_server.Actions.GetCallAsync(new() { CallId = call }, cancellationToken: Token)))
            .ShouldBe(Grpc.Core.StatusCode.NotFound, "ERROR_REASON_CALL_NOT_FOUND", ("call_id", call));
        (await _server.RunAsync(action.Of(call))).Last.Result.Replayed.ShouldBeFalse();
    }

    [Fact]
    public async Task ResultOfACall_IsFoundByItsLaterExecutions()
    {
        await using var api = new HeldApi();
        api.Answer(10);
        var order = await _server.CreateAsync(Calling.Ordering(api.Url));
        var status = AnAction.Calling($"{api.Url}/{{order}}");
        status.Variables.Add(new Variable { Name = "order" });
        status = await _server.CreateAsync(status);
        var call = Calling.NewCall();
        await _server.RunAsync(order.Of(call));

        (await _server.RunAsync(status.Of(call))).Last.Result.StatusCode.ShouldBe(200);

        (await Refusal.OfAsync(_server.Actions.Execute(status.Of(Calling.NewCall()), cancellationToken: Token)))
            .ShouldBeInvalid("ERROR_REASON_MISSING_VARIABLE", "variables.order");
    }

    [Fact]
    public async Task LongToolCallId_IsRefused()
    {
        var action = await _server.CreateAsync(Calling.Ordering("https://api.example.com/"));
        var request = action.Of(Calling.NewCall());
        request.ToolCallId = new string('t', 257);

        var refusal = await Refusal.OfAsync(_server.Actions.Execute(request, cancellationToken: Token));
        refusal.ShouldBeViolationOf("tool_call_id");
    }
}
