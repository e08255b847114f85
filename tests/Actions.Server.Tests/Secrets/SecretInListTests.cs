using System.Text;
using Actions.V1;

namespace Actions.Server.Tests.Secrets;

/// <summary>Parameters of a token request whose values are secrets: an element of a list keeps its secret by its
/// name.</summary>
public sealed class SecretInListTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string List = "authentication.oauth2_client_credentials.parameters";

    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Parameters_SentInTheFormAndReadBackWithoutTheirSecrets()
    {
        await using var upstream = Credential.Upstream();
        var action = await _server.CreateAsync(Action(upstream.Url,
            Plain("audience", "https://api.example.com/?a=1&b"), Hidden("password", "first&ключ")));

        action.Authentication.Oauth2ClientCredentials.Parameters.ShouldBe(
            [Plain("audience", "https://api.example.com/?a=1&b"), new TokenParameter { Name = "password",
                SecretValue = new() { IsSet = true } }]);
        var form = await FormAsync(action.Id, upstream);
        form.ShouldBe("grant_type=client_credentials&scope=orders+customers&audience=https%3A%2F%2Fapi.example.com%2F%3Fa%3D1%26b&password=first%26%D0%BA%D0%BB%D1%8E%D1%87");
        Stored().ShouldNotContain("first");
    }

    [Fact]
    public async Task GrantType_ReplacesTheUsualOne()
    {
        await using var upstream = Credential.Upstream();
        var config = Action(upstream.Url, Plain("grant_type", "account_credentials"), Plain("account_id", "a 1"), Plain("scope", "x,y"), Plain("client_id", "voice"));
        config.Authentication.Oauth2ClientCredentials.Scopes.Clear();
        config.Authentication.Oauth2ClientCredentials.ClientAuthentication = ClientAuthentication.BasicUnencoded;

        (await FormAsync((await _server.CreateAsync(config)).Id, upstream))
            .ShouldBe("grant_type=account_credentials&account_id=a+1&scope=x%2Cy&client_id=voice");
    }

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("authentication")]
    [InlineData("authentication.oauth2_client_credentials")]
    [InlineData(List)]
    [InlineData("description")]
    public async Task EmptySecret_KeepsTheOneOfItsNameInAnyOrder(string path)
    {
        await using var upstream = Credential.Upstream();
        var action = await _server.CreateAsync(Action(upstream.Url,
            Hidden("one", "first"), Hidden("two", "second"), Plain("three", "third")));
        var change = action.Clone();
        change.Etag = "";
        var parameters = change.Authentication.Oauth2ClientCredentials.Parameters;
        if (path != "description")
            (parameters[0], parameters[1]) = (parameters[1], parameters[0]);

        await _server.UpdateAsync(change, path.Length == 0 ? [] : [path]);

        (await FormAsync(action.Id, upstream)).ShouldEndWith(
            path == "description" ? "&one=first&two=second&three=third" : "&two=second&one=first&three=third");
    }

    [Fact]
    public async Task Changes_ReplaceAddRenameAndRemove()
    {
        await using var upstream = Credential.Upstream();
        var action = await _server.CreateAsync(Action(upstream.Url, Hidden("one", "first"), Hidden("two", "second")));

        await UpdateAsync(action, Kept("one"), Hidden("two", "other"), Hidden("new", "third"));
        (await FormAsync(action.Id, upstream)).ShouldEndWith("&one=first&two=other&new=third");

        await UpdateAsync(action, Plain("one", "open"), Kept("new"));
        (await FormAsync(action.Id, upstream)).ShouldEndWith("&one=open&new=third");

        // Another name has no secret to keep, and a removed one is gone for good.
        await ShouldNeedAsync(action, 0, Kept("renamed"), Kept("new"));
        await ShouldNeedAsync(action, 1, Kept("new"), Kept("two"));
        await ShouldNeedAsync(action, 0, new TokenParameter { Name = "new" });
        await ShouldNeedAsync(action, 0, new TokenParameter { Name = "new", Value = "open",
            SecretValue = new() { IsSet = true } });
        (await FormAsync(action.Id, upstream)).ShouldEndWith("&one=open&new=third");
    }

    [Theory]
    [InlineData("https://other.example.com/token", null)]
    [InlineData(null, "https://other.example.com/orders")]
    public async Task ChangedOrigin_NeedsItAgain(string? tokenUrl, string? url)
    {
        var action = await _server.CreateAsync(Action("https://api.example.com", Plain("one", "open"), Hidden("two", "second")));
        var change = action.Clone();
        change.Etag = "";
        change.Authentication.Oauth2ClientCredentials.TokenUrl = tokenUrl ?? change.Authentication.Oauth2ClientCredentials.TokenUrl;
        change.Request.Url = url ?? change.Request.Url;

        var refusal = await Refusal.OfAsync(_server.Configs.UpdateActionConfigAsync(
            new() { ActionConfig = change, UpdateMask = new() { Paths = { "*" } } }, cancellationToken: Token));

        refusal.ShouldBeViolationOf(
            "action_config.authentication.oauth2_client_credentials.client_secret", $"action_config.{List}[1].secret_value");
        refusal.Violations.ShouldAllBe(violation => violation.Description.Contains("has to be entered again"));
    }

    [Fact]
    public async Task UpdatesThatRace_NeverBringAnOldSecretBack()
    {
        await using var upstream = Credential.Upstream();
        var action = await _server.CreateAsync(Action(upstream.Url, Hidden("one", "first")));
        var second = UpdateAsync(action, Hidden("one", "second"));
        var empty = Enumerable.Range(0, 20).Select(_ => UpdateAsync(action, Kept("one")));

        await Task.WhenAll([second, .. empty]);

        (await FormAsync(action.Id, upstream)).ShouldEndWith("&one=second");
    }

    [Fact]
    public async Task EndpointThatRepeatsThem_IsMaskedEverywhere()
    {
        const string secret = "par4meter/&ключ";
        await using var upstream = RawUpstream.Answering(request => request.Path == "/token"
            ? RawUpstream.Response($"{{\"error\": \"{secret}\", \"error_description\": \"{Uri.EscapeDataString(secret)} {Credential.Base64(secret)}\"}}", status: "400 No")
            : RawUpstream.Response("{}"));
        var action = await _server.CreateAsync(Action(upstream.Url, Hidden("one", secret)));

        var failure = (await _server.ExecuteAsync(new() { Id = action.Id }))[^1].Failure;
        var shown = await _server.Configs.InitializeAsync(new() { Id = action.Id }, cancellationToken: Token);

        failure.Detail.ShouldContain("MASKED");
        shown.Failure.Detail.ShouldBe(failure.Detail);
        foreach (var text in (string[])[failure.ToString(), shown.ToString(), Stored(), .. _server.Log])
            foreach (var form in Canaries.Forms(secret))
                text.ShouldNotContain(form);
    }

    [Theory]
    [InlineData("", "x", "is required")]
    [InlineData("scope", "x", "is set by scopes")]
    [InlineData("client_secret", "x", "is set by client_secret")]
    [InlineData("client_id", "x", "is set by client_id")]
    [InlineData("twice", "x", "a second time")]
    public async Task WrongParameter_IsRefused(string name, string value, string reason)
    {
        var action = Action("https://api.example.com", Plain("twice", "x"), Plain(name, value));

        var (field, description) = (await Refusal.OfAsync(_server.Configs.CreateActionConfigAsync(new() { ActionConfig = action }, cancellationToken: Token)))
            .Violations.ShouldHaveSingleItem();

        field.ShouldBe($"action_config.{List}[1].name");
        description.ShouldContain(reason);
    }

    private static ActionConfig Action(string url, params TokenParameter[] parameters)
    {
        var action = AnAction.Calling($"{url}/orders");
        action.Authentication = Credential.OAuth(url, Credential.Secret);
        action.Authentication.Oauth2ClientCredentials.Parameters.Add(parameters);
        return action;
    }

    private static TokenParameter Plain(string name, string value) => new() { Name = name, Value = value };

    private static TokenParameter Hidden(string name, string value) => new() { Name = name,
        SecretValue = new() { Plaintext = value } };

    private static TokenParameter Kept(string name) => new() { Name = name, SecretValue = new() };

    private Task<ActionConfig> UpdateAsync(ActionConfig action, params TokenParameter[] parameters) =>
        _server.UpdateAsync(
        new() { Id = action.Id,
            Authentication = new() { Oauth2ClientCredentials = new() { Parameters = { parameters } } } }, List);

    private async Task ShouldNeedAsync(ActionConfig action, int index, params TokenParameter[] parameters) =>
        (await Refusal.OfAsync(UpdateAsync(action,
            parameters))).ShouldBeViolationOf($"action_config.{List}[{index}].secret_value");

    private async Task<string> FormAsync(string id, RawUpstream upstream)
    {
        (await _server.ExecuteAsync(new() { Id = id }))[^1].Result.ShouldNotBeNull();
        return upstream.Requests.Last(request => request.Path == "/token").Text;
    }

    private string Stored()
    {
        var all = new StringBuilder();
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(_server.DatabasePath)!))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            all.Append(Encoding.UTF8.GetString(copy.ToArray()));
        }

        return all.ToString();
    }
}
