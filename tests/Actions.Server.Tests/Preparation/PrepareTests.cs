using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.Preparation;

/// <summary>Prepare, through the front door: Execute uses what is ready, and no API gets a request before.</summary>
public sealed class PrepareTests(PrepareTests.StillServer fixture) : IClassFixture<PrepareTests.StillServer>
{
    private readonly RunningServer _server = fixture.Server;
    private readonly ConcurrentQueue<int> _used = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ActionsByIdNameAndLabel_ReadyInThisOrder()
    {
        await using var api = Answering();
        var label = Guid.NewGuid().ToString();
        var byId = await CreateAsync(api.Url);
        var byName = await CreateAsync(api.Url);
        var labelled = await CreateAsync(api.Url, label);
        await CreateAsync(api.Url, "another");

        var response = await PrepareAsync(new()
        {
            Ids = { byId.Id },
            Names = { byName.Name.ToUpperInvariant() },
            Labels = { ["used-by"] = label },
            CallId = "call-1",
        });

        response.Actions.Select(action => (action.Id, action.Name)).ShouldBe(
            [(byId.Id, byId.Name), (byName.Id, byName.Name), (labelled.Id, labelled.Name)]);
        response.Actions.ShouldAllBe(action => action.Steps.All(step => step.Failure == FailureReason.Unspecified));
        response.Actions[0].Steps.Select(step => step.Kind)
            .ShouldBe([PreparationKind.Compile, PreparationKind.Connect]);
        api.Requests.ShouldBeEmpty();
        _server.Log.ShouldContain(
            line => line.Contains("Prepared 3 actions for call 'call-1'", StringComparison.Ordinal));

        await ExecuteAsync(byId);
        _used.ShouldBe([1]);
    }

    [Fact]
    public async Task TwiceInARow_NothingHadToBeDone()
    {
        await using var api = Answering();
        var action = await CreateAsync(api.Url);
        await PrepareAsync(new() { Ids = { action.Id } });

        var again = await PrepareAsync(new() { Ids = { action.Id } });

        again.Actions[0].Steps.ShouldAllBe(step => step.ReadyBefore);
        await ExecuteAsync(action);
        _used.ShouldBe([1]);
    }

    [Fact]
    public async Task SameActionInTwoWays_PreparedOnce()
    {
        await using var api = Answering();
        var action = await CreateAsync(api.Url);

        var response = await PrepareAsync(new() { Ids = { action.Id, action.Id }, Names = { action.Name } });

        response.Actions.ShouldHaveSingleItem().Id.ShouldBe(action.Id);
    }

    [Fact]
    public async Task UnknownOrDisabled_ToldAndTheOthersPrepared()
    {
        await using var api = Answering();
        var good = await CreateAsync(api.Url);
        var disabled = AnAction.Calling(api.Url);
        disabled.Disabled = true;
        var stored = await _server.CreateAsync(disabled);

        var response = await PrepareAsync(new() { Ids = { "nobody", stored.Id, good.Id }, Names = { "No such name" } });

        response.Actions.Select(action => action.Id).ShouldBe(["nobody", stored.Id, good.Id, ""]);
        response.Actions[3].Name.ShouldBe("No such name");
        foreach (var action in response.Actions.Where(action => action.Id != good.Id))
        {
            var step = action.Steps.ShouldHaveSingleItem();
            (step.Kind, step.Failure).ShouldBe((PreparationKind.Compile, FailureReason.InvalidArguments));
            step.Detail.ShouldNotBeEmpty();
        }

        response.Actions[2].Steps[^1].Failure.ShouldBe(FailureReason.Unspecified);
    }

    [Fact]
    public async Task HostsThatCantBeReached_ToldByActionWithTheirStep()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var certificate = RawUpstream.SelfSignedCertificate();
        await using var untrusted = new RawUpstream(connection => connection.ReadRequestAsync(), certificate);
        var refused = await CreateAsync($"http://127.0.0.1:{port}/");
        var unnamed = await CreateAsync("https://nothere.invalid/");
        var unsafeOne = await CreateAsync(untrusted.Url);

        var response = await PrepareAsync(new() { Ids = { refused.Id, unnamed.Id, unsafeOne.Id } });

        response.Actions.Select(action => (action.Steps[^1].Kind, action.Steps[^1].Failure)).ShouldBe(
        [
            (PreparationKind.Connect, FailureReason.Connection),
            (PreparationKind.Resolve, FailureReason.NameResolution),
            (PreparationKind.Tls, FailureReason.Tls),
        ]);
    }

    [Fact]
    public async Task AddressThatTheSettingsRefuseNow_BlockedAndNotCalled()
    {
        await using var api = Answering();
        var action = await CreateAsync(api.Url);
        await using var strict = await RunningServer.StartAsync(new()
        {
            ["Storage:Sqlite:Path"] = _server.DatabasePath,
            ["Outbound:AllowedNetworks"] = "",
        }, new FakeClock());

        var response = await strict.Actions.PrepareAsync(new() { Ids = { action.Id } }, cancellationToken: Token);

        response.Actions[0].Steps[^1].Failure.ShouldBe(FailureReason.BlockedAddress);
        api.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task ActionWithAToken_FetchedAhead()
    {
        await using var endpoint = RawUpstream.Answering(
            RawUpstream.Response("""{"access_token": "t1", "token_type": "Bearer", "expires_in": 3600}"""));
        await using var api = Answering();
        var config = AnAction.Calling(api.Url);
        config.Authentication = new()
        {
            Oauth2ClientCredentials = new()
            {
                TokenUrl = $"{endpoint.Url}/token",
                ClientId = "client",
                ClientSecret = new() { Plaintext = "a secret of the client" },
            },
        };
        var action = await _server.CreateAsync(config);

        var first = await PrepareAsync(new() { Ids = { action.Id } });
        var second = await PrepareAsync(new() { Ids = { action.Id } });
        await ExecuteAsync(action);

        var step = first.Actions[0].Steps[^1];
        (step.Kind, step.ReadyBefore).ShouldBe((PreparationKind.Token, false));
        second.Actions[0].Steps[^1].ReadyBefore.ShouldBeTrue();
        endpoint.Requests.Count.ShouldBe(1);
        api.Requests.Single().Header("Authorization").ShouldBe("Bearer t1");
    }

    [Fact]
    public async Task MoreThan50Labelled_TheFirst50ByName()
    {
        await using var api = Answering();
        var label = Guid.NewGuid().ToString();
        var created = new List<ActionConfig>();
        for (var i = 0; i < 51; i++)
            created.Add(await CreateAsync(api.Url, label));

        var response = await PrepareAsync(new() { Labels = { ["used-by"] = label } });

        response.Actions.Select(action => action.Name).ShouldBe(
            created.Select(action => action.Name).Order(StringComparer.OrdinalIgnoreCase).Take(50));
        // All of one host: one connection.
        await api.ConnectedAsync(Token);
        await ExecuteAsync(created[50]);
        _used.ShouldBe([1]);
    }

    [Fact]
    public async Task NothingOrTooMuchOrEmpty_Refused()
    {
        PrepareRequest[] refused =
        [
            new(),
            new() { Ids = { Enumerable.Repeat("x", 30) }, Names = { Enumerable.Repeat("y", 21) } },
            new() { Ids = { "" } },
        ];
        foreach (var request in refused)
        {
            var refusal = await Refusal.OfAsync(_server.Actions.PrepareAsync(request, cancellationToken: Token));

            refusal.Code.ShouldBe(StatusCode.InvalidArgument);
            refusal.Fields.ShouldBe(["ids"]);
        }

        var tooLong = new PrepareRequest { Ids = { "x" }, CallId = new string('c', 257) };
        (await Refusal.OfAsync(_server.Actions.PrepareAsync(tooLong, cancellationToken: Token))).Fields
            .ShouldBe(["call_id"]);
    }

    private RawUpstream Answering() => new(async connection =>
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            _used.Enqueue(connection.Number);
            await connection.SendAsync(RawUpstream.Response("{}"));
        }
    });

    private Task<ActionConfig> CreateAsync(string url, string? label = null)
    {
        var action = AnAction.Calling(url);
        if (label is not null)
            action.Labels.Add("used-by", label);
        return _server.CreateAsync(action);
    }

    private async Task<PrepareResponse> PrepareAsync(PrepareRequest request) =>
        await _server.Actions.PrepareAsync(request, cancellationToken: Token);

    private async Task ExecuteAsync(ActionConfig action) =>
        (await _server.ExecuteAsync(new() { Id = action.Id }))[^1].Result.StatusCode.ShouldBe(200);

    /// <summary>On a clock that stands still: however busy the machine is, nothing is given up.</summary>
    public sealed class StillServer : IAsyncLifetime
    {
        public RunningServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await RunningServer.StartAsync(time: new FakeClock());

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
