using System.Text;
using Actions.V1;
using Google.Protobuf;

namespace Actions.Server.Tests.Secrets;

public sealed class SecretRoundTripTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => Credential.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task StoredSecret_ReachesTheApi(string name)
    {
        var credential = Credential.All[name];
        await using var upstream = Credential.Upstream();
        var action = await _server.CreateAsync(With(credential, upstream));

        var outcome = (await _server.ExecuteAsync(new() { Id = action.Id }))[^1];

        outcome.Result.ShouldNotBeNull(outcome.ToString()).StatusCode.ShouldBe(200);
        credential.Sent(await upstream.NextRequestAsync(Token)).ShouldBe(credential.Expected(Credential.Secret));
        if (action.Authentication.Oauth2ClientCredentials is not null)
            (await upstream.NextRequestAsync(Token)).Header("Authorization").ShouldBe("Bearer t0ken");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Responses_SayThatASecretIsSetAndNothingOfIt(string name)
    {
        await using var upstream = Credential.Upstream();
        var action = With(Credential.All[name], upstream);

        var checkedOnly = (await _server.Configs.CreateActionConfigAsync(
            new() { ActionConfig = action, ValidateOnly = true }, cancellationToken: Token)).ActionConfig;
        var created = await _server.CreateAsync(action);
        var change = new ActionConfig { Id = created.Id, Description = "Newer.", Authentication = action.Authentication };
        var checkedUpdate = (await _server.Configs.UpdateActionConfigAsync(
            new() { ActionConfig = change, ValidateOnly = true }, cancellationToken: Token)).ActionConfig;
        var list = (await _server.Configs.ListActionConfigsAsync(
            new() { NamePrefix = action.Name, PageSize = 1 }, cancellationToken: Token)).ActionConfigs[0];

        foreach (var shown in new[] { checkedOnly, created, checkedUpdate, list, await _server.GetAsync(created.Id), await _server.UpdateAsync(change) })
        {
            Credential.SecretOf(shown).ShouldBe(new Secret { IsSet = true });
            Credential.ShouldHideIt(shown.ToByteArray());
            shown.ToString().ShouldNotContain(Credential.CiphertextMark);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Initialize_ShowsTheRequestWithoutTheSecretAndKeepsIt(string name)
    {
        var credential = Credential.All[name];
        await using var upstream = Credential.Upstream();
        var action = await _server.CreateAsync(With(credential, upstream));

        var response = await _server.Configs.InitializeAsync(new() { Id = action.Id }, cancellationToken: Token);

        response.Sample.ShouldNotBeNull().StatusCode.ShouldBe(200);
        $"{response.Request.Url} {response.Request.Headers}".ShouldContain("MASKED");
        response.Request.Curl.ShouldContain("MASKED");
        Credential.ShouldHideIt(response.ToByteArray());
        response.ToString().ShouldNotContain("t0ken");
        credential.Sent(await upstream.NextRequestAsync(Token)).ShouldBe(credential.Expected(Credential.Secret));

        // The sample was written beside it.
        (await _server.GetAsync(action.Id)).Sample.ShouldNotBeNull();
        (await _server.ExecuteAsync(new() { Id = action.Id }))[^1].Result.ShouldNotBeNull();
        credential.Sent(upstream.Requests.Last(request => credential.Sent(request)?.StartsWith("Bearer t0ken", StringComparison.Ordinal) == false))
            .ShouldBe(credential.Expected(Credential.Secret));
    }

    [Fact]
    public void EveryMethodOfTheContract_IsTriedHere()
    {
        var tried = Credential.All.Values.Select(credential => credential.Make("http://localhost", "x").MethodCase);

        Authentication.Descriptor.Oneofs.Single().Fields.Select(field => (Authentication.MethodOneofCase)field.FieldNumber)
            .ShouldBeSubsetOf(tried);
    }

    [Fact]
    public async Task IsSetFromACaller_IsNoSecret()
    {
        var action = AnAction.Any();
        action.Authentication = Credential.ApiKey("");
        action.Authentication.ApiKey.Value.IsSet = true;

        (await Refusal.OfAsync(_server.Configs.CreateActionConfigAsync(new() { ActionConfig = action }, cancellationToken: Token)))
            .ShouldBeViolationOf("action_config.authentication.api_key.value");
    }

    [Fact]
    public async Task RefusedSecret_IsNotQuoted()
    {
        var action = AnAction.Any();
        action.Authentication = Credential.Bearer($"{Credential.Secret}\r\nX-Other: 1");

        var refusal = await Refusal.OfAsync(_server.Configs.CreateActionConfigAsync(new() { ActionConfig = action }, cancellationToken: Token));

        refusal.ShouldBeViolationOf("action_config.authentication.bearer_token.token");
        $"{refusal.Text} {string.Join(' ', refusal.Violations)}".ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task FilesOfTheServer_HoldNoSecretButItsCiphertext()
    {
        await using var server = await RunningServer.StartAsync();
        await using var upstream = Credential.Upstream();
        foreach (var credential in Credential.All.Values)
        {
            var action = await server.CreateAsync(With(credential, upstream));
            await server.UpdateAsync(new() { Id = action.Id, Description = "Newer." });
            await server.Configs.InitializeAsync(new() { Id = action.Id }, cancellationToken: Token);
        }

        var folder = Path.GetDirectoryName(server.DatabasePath)!;
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        var all = new StringBuilder();
        foreach (var file in files)
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy, Token);
            Credential.ShouldHideIt(copy.ToArray());
            all.Append(Encoding.UTF8.GetString(copy.ToArray()));
        }

        files.ShouldContain($"{server.DatabasePath}-wal");
        all.ToString().ShouldContain(Credential.CiphertextMark);
    }

    [Fact]
    public async Task Log_HoldsNoSecretEvenWhereItHoldsEverything()
    {
        await using var upstream = Credential.Upstream();
        await using var server = await RunningServer.StartAsync(new()
        {
            ["Logging:LogLevel:Default"] = "Trace",
            ["Logging:LogLevel:Microsoft.AspNetCore"] = "Trace",
            ["Logging:LogLevel:Grpc"] = "Trace",
        });
        foreach (var credential in Credential.All.Values)
        {
            var action = await server.CreateAsync(With(credential, upstream));
            await server.ExecuteAsync(new() { Id = action.Id });
            await server.Configs.InitializeAsync(new() { Id = action.Id }, cancellationToken: Token);
        }

        server.Log.Count.ShouldBeGreaterThan(100);
        foreach (var line in server.Log)
        {
            Credential.ShouldHideIt(Encoding.UTF8.GetBytes(line));
            line.ShouldNotContain("t0ken");
            line.ShouldNotContain(Credential.CiphertextMark);
        }
    }

    private static ActionConfig With(Credential credential, RawUpstream upstream)
    {
        var action = AnAction.Calling($"{upstream.Url}/orders");
        action.Authentication = credential.Make(upstream.Url, Credential.Secret);
        return action;
    }
}
