using Actions.Server.Access;
using Actions.V1;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Actions.Server.Tests.Access;

public sealed class RoleTests
{
    private static readonly Dictionary<string, Role> Needed = new()
    {
        ["Execute"] = Role.Engine,
        ["Attach"] = Role.Engine,
        ["Prepare"] = Role.Engine,
        ["GetCall"] = Role.Engine,
        ["EndCall"] = Role.Engine,
        ["CreateActionConfig"] = Role.Editor,
        ["GetActionConfig"] = Role.Editor,
        ["ListActionConfigs"] = Role.Editor,
        ["UpdateActionConfig"] = Role.Editor,
        ["DeleteActionConfig"] = Role.Editor,
        ["Initialize"] = Role.Editor,
        ["ListVariables"] = Role.Editor,
        ["ListExecutions"] = Role.Editor,
        ["GetExecution"] = Role.Editor,
        ["GetStatistics"] = Role.Editor,
        ["CreateApiKey"] = Role.Admin,
        ["ListApiKeys"] = Role.Admin,
        ["RevokeApiKey"] = Role.Admin,
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Role.Engine)]
    [InlineData(Role.Editor)]
    [InlineData(Role.Admin)]
    public async Task EachRole_MayCallWhatItIsForAndNothingElse(Role role)
    {
        await using var server = await KeyedServer.StartAsync();
        var headers = new Metadata { { "authorization", $"Bearer {await server.KeyAsync(role)}" } };

        foreach (var method in MethodsOf(server.Running))
        {
            // An empty message: good enough to be let in, and never good enough to do something.
            var trailers = await RawCall.TrailersAsync(
                server.Running.GrpcAddress, method.FullName, RawCall.Frame([]), ("authorization", headers[0].Value));
            var code = (StatusCode)int.Parse(trailers.ShouldHaveSingleItemNamed("grpc-status"), System.Globalization.CultureInfo.InvariantCulture);

            var needed = Needed[method.Name];
            if (role >= needed)
            {
                code.ShouldBeOneOf([StatusCode.OK, StatusCode.InvalidArgument], method.FullName);
                continue;
            }

            code.ShouldBe(StatusCode.PermissionDenied, method.FullName);
            var details = Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(Padded(trailers.ShouldHaveSingleItemNamed("grpc-status-details-bin"))));
            var info = details.Details.ShouldHaveSingleItem().Unpack<Google.Rpc.ErrorInfo>();
            info.Reason.ShouldBe("ERROR_REASON_ROLE_INSUFFICIENT");
            info.Metadata["role"].ShouldBe(Roles.NameOf(needed));
        }
    }

    [Fact]
    public async Task EachMethod_NeedsARole()
    {
        await using var server = await RunningServer.StartAsync();

        MethodsOf(server).Select(method => method.Name).ShouldBe(Needed.Keys, ignoreOrder: true);
        foreach (var method in MethodsOf(server))
            Roles.NeededFor(method.FullName).ShouldBe(Needed[method.Name]);
        Roles.NeededFor("/actions.v1.Unheard/Of").ShouldBeNull();
    }

    [Fact]
    public async Task Refusal_NamesTheRoleThatIsNeeded()
    {
        await using var server = await KeyedServer.StartAsync();
        var engine = await server.MakeAsync(Role.Engine);

        var refusal = await Refusal.OfAsync(engine.Configs.ListActionConfigsAsync(new(), cancellationToken: Token));

        refusal.ShouldBe(StatusCode.PermissionDenied, "ERROR_REASON_ROLE_INSUFFICIENT", ("role", "editor"));
        refusal.Text.ShouldBe("This needs the role 'editor'. Use a key that has it.");
    }

    [Theory]
    [InlineData("api_key", "")]
    [InlineData("api_key.role", "{}")]
    [InlineData("api_key.role", """{ "role": 9 }""")]
    [InlineData("api_key.display_name", """{ "role": "ROLE_ENGINE", "displayName": "a\u0007b" }""")]
    [InlineData("api_key.expire_time", """{ "role": "ROLE_ENGINE", "expireTime": "2001-01-01T00:00:00Z" }""")]
    public async Task KeyThatCanNotBe_IsAViolation(string field, string key)
    {
        await using var server = await KeyedServer.StartAsync();
        var request = new CreateApiKeyRequest { ApiKey = key.Length == 0 ? null : CallerKey.Parser.ParseJson(key) };

        (await Refusal.OfAsync(server.As(server.AdminKey).Keys.CreateApiKeyAsync(request, cancellationToken: Token))).ShouldBeViolationOf(field);
    }

    [Fact]
    public async Task Keys_AreListedPageByPageFromTheOldest()
    {
        await using var server = await KeyedServer.StartAsync();
        var keys = server.As(server.AdminKey).Keys;
        var made = new List<CallerKey>();
        for (var i = 0; i < 5; i++)
            made.Add((await keys.CreateApiKeyAsync(new() { ApiKey = new() { Role = Role.Engine, DisplayName = $"{i}" } }, cancellationToken: Token)).ApiKey);

        var listed = new List<CallerKey>();
        for (var token = ""; ;)
        {
            var page = await keys.ListApiKeysAsync(new() { PageSize = 2, PageToken = token }, cancellationToken: Token);
            page.ApiKeys.Count.ShouldBeInRange(1, 2);
            listed.AddRange(page.ApiKeys);
            if (page.NextPageToken.Length == 0)
                break;
            token = page.NextPageToken;
        }

        listed.Select(key => key.DisplayName).Order().ShouldBe(["0", "1", "2", "3", "4"]);
        listed.ShouldBe(made.OrderBy(key => key.Id, StringComparer.Ordinal));
        (await Refusal.OfAsync(keys.ListApiKeysAsync(new() { PageToken = "x" }, cancellationToken: Token))).ShouldBeViolationOf("page_token");
        (await Refusal.OfAsync(keys.ListApiKeysAsync(new() { PageSize = -1 }, cancellationToken: Token))).ShouldBeViolationOf("page_size");
    }

    private static string Padded(string base64) => base64.PadRight((base64.Length + 3) / 4 * 4, '=');

    private static IEnumerable<IMethod> MethodsOf(RunningServer server) =>
        server.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method)
            .OfType<IMethod>()
            .Where(method => !method.ServiceName.StartsWith("grpc.", StringComparison.Ordinal));
}
