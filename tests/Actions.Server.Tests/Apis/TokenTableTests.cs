using System.Globalization;
using System.Text;
using Actions.Server.Tests.Secrets;
using Actions.V1;

namespace Actions.Server.Tests.Apis;

/// <summary>The tables about tokens in docs/apis.md, row by row.</summary>
public sealed class TokenTableTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Guide = "docs/apis.md";
    private const string AnswersHeading = "Tokens";
    private const string MethodsHeading = "How a client authenticates";
    private const string PastedHeading = "Bearer tokens as people paste them";

    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int> AnswerRows => Rows(AnswersHeading);

    public static TheoryData<int> MethodRows => Rows(MethodsHeading);

    public static TheoryData<int> PastedRows => Rows(PastedHeading);

    [Theory]
    [MemberData(nameof(AnswerRows))]
    public async Task Answer_SentAsTokenOrTold(int number)
    {
        var row = DocTable.Read(Guide, AnswersHeading)[number];
        await using var upstream = Answering(request =>
            request.Path == "/token" ? Response(row) : Encoding.UTF8.GetBytes(RawUpstream.Response("{}")));
        var action = AnAction.Calling($"{upstream.Url}/orders");
        action.Authentication = Credential.OAuth(upstream.Url, Credential.Secret);
        action.Authentication.Oauth2ClientCredentials.ClientAuthentication = ClientAuthentication.Basic;
        var stored = await _server.CreateAsync(action);

        var outcome = (await _server.ExecuteAsync(new() { Id = stored.Id }))[^1];
        var shown = await _server.Configs.InitializeAsync(new() { Id = stored.Id }, cancellationToken: Token);

        if (row["sent"].Length > 0)
        {
            outcome.Result.ShouldNotBeNull($"{row}: {outcome.Failure}");
            shown.Sample.ShouldNotBeNull();
            upstream.Requests.Where(request =>
                request.Path == "/orders").ShouldAllBe(request => request.Header("Authorization") == row["sent"]);
            return;
        }

        foreach (var failure in (Failure[])[outcome.Failure, shown.Failure])
        {
            failure.ShouldNotBeNull(row.ToString());
            (failure.Reason, failure.Stage).ShouldBe((FailureReason.Authentication, FailureStage.Authorize));
            failure.Detail.ShouldContain(row["told"], Case.Sensitive);
            Credential.ShouldHideIt(Encoding.UTF8.GetBytes(failure.Detail));
        }

        upstream.Requests.ShouldAllBe(request => request.Path == "/token");
    }

    [Theory]
    [MemberData(nameof(MethodRows))]
    public async Task Endpoint_AskedInTheseWays(int number)
    {
        var row = DocTable.Read(Guide, MethodsHeading)[number];
        var status = row["refuses with"];
        var refused = RawUpstream.Response("""{"error": "invalid_client"}""", status: $"{status} Whatever");
        await using var upstream = RawUpstream.Answering(request =>
            request.Path != "/token" ? RawUpstream.Response("{}")
            : Way(request, row["secret"]) == row["accepts"] ? RawUpstream.Response("""{"access_token": "t0k", "expires_in": 0}""")
            : refused);
        var action = AnAction.Calling($"{upstream.Url}/orders");
        action.Authentication = Credential.OAuth(upstream.Url, row["secret"]);
        action.Authentication.Oauth2ClientCredentials.ClientAuthentication =
            Enum.Parse<ClientAuthentication>(row["client_authentication"].Replace("_", "", StringComparison.Ordinal),
                ignoreCase: true);
        var stored = await _server.CreateAsync(action);

        foreach (var column in (string[])["asked", "again"])
        {
            var before = upstream.Requests.Count;
            var outcome = (await _server.ExecuteAsync(new() { Id = stored.Id }))[^1];

            var asked = upstream.Requests.Skip(before).Where(request =>
                request.Path == "/token").Select(request => Way(request, row["secret"])).ToList();
            string.Join(' ', asked).ShouldBe(row[column], row.ToString());
            (outcome.Result is not null).ShouldBe(asked[^1] == row["accepts"], row.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(PastedRows))]
    public async Task PastedToken_SentOrRefusedWithAdvice(int number)
    {
        var row = DocTable.Read(Guide, PastedHeading)[number];
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = AnAction.Calling(upstream.Url);
        action.Authentication = Credential.Bearer(Encoding.UTF8.GetString(row.Bytes("token")));
        action.Authentication.BearerToken.Prefix = Encoding.UTF8.GetString(row.Bytes("prefix"));

        if (row["sent"].Length > 0)
        {
            var stored = await _server.CreateAsync(action);
            (await _server.ExecuteAsync(new() { Id = stored.Id }))[^1].Result.ShouldNotBeNull(row.ToString());
            upstream.Requests.Single().Header("Authorization").ShouldBe(row["sent"]);
            return;
        }

        var refusal = await Refusal.OfAsync(_server.Configs.CreateActionConfigAsync(new() { ActionConfig = action },
            cancellationToken: Token));
        var (field, description) = refusal.Violations.ShouldHaveSingleItem();
        field.ShouldBeOneOf("action_config.authentication.bearer_token.token", "action_config.authentication.bearer_token.prefix");
        description.ShouldContain(row["refused with"], Case.Sensitive);
        $"{refusal.Text} {description}".ShouldNotContain("abc");
    }

    [Fact]
    public async Task ApiKeyInTheAuthorizationHeader_MayHaveAScheme()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = AnAction.Calling(upstream.Url);
        action.Authentication = new() { ApiKey = new() { Name = "Authorization", Value = new() { Plaintext = "Bearer abc" } } };

        await _server.ExecuteAsync(new() { Id = (await _server.CreateAsync(action)).Id });

        upstream.Requests.Single().Header("Authorization").ShouldBe("Bearer abc");
    }

    private static TheoryData<int> Rows(string heading) => [.. Enumerable.Range(0, DocTable.Read(Guide,
        heading).Count)];

    private static RawUpstream Answering(Func<RawRequest, byte[]> answer) => new(async connection =>
    {
        while (await connection.ReadRequestAsync() is { } request)
            await connection.SendAsync(answer(request));
    });

    private static byte[] Response(DocRow row)
    {
        var body = row.Bytes("answer");
        var type = row["content type"] is { Length: > 0 } stated ? $"Content-Type: {stated}\r\n" : "";
        var length = row["status"] == "204" ? "" : string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        return [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {row["status"]} Whatever\r\n{type}{length}\r\n"), .. body];
    }

    /// <summary>How the client authenticated, as the guide names it.</summary>
    private static string Way(RawRequest request, string secret)
    {
        var encoded = Uri.EscapeDataString(secret);
        if (request.Header("Authorization") == $"Basic {Credential.Base64($"voice:{encoded}")}")
            return "basic";
        if (request.Header("Authorization") == $"Basic {Credential.Base64($"voice:{secret}")}")
            return "plain";
        return request.Header("Authorization") is null && request.Text.EndsWith($"&client_id=voice&client_secret={encoded}", StringComparison.Ordinal)
            ? "form"
            : "unknown";
    }
}
