using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Actions.Server.Tests.Configs;

/// <summary>What an editor offers for completion.</summary>
public sealed class ListVariablesTests : IAsyncLifetime
{
    private RunningServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task EachOrigin_ListedWithWhatIsKnownOfIt()
    {
        await using var api = RawUpstream.Answering(
            RawUpstream.Response("""{"id":7,"price":2.5,"paid":true,"lines":[{"title":"Tea"}],"code":"hush-hush"}"""));
        var find = AnAction.Calling($"{api.Url}/orders?caller={{caller_id}}&text={{text}}");
        find.Variables.Add(new Variable
        {
            Name = "text", Type = VariableType.String, Description = "What is sought.", Sensitive = true,
        });
        foreach (var (variable, path) in new[]
        {
            ("order_id", "$.id"), ("price", "$['price']"), ("paid", "$.paid"), ("lines", "$.lines"),
            ("code", "$.code"), ("gone", "$.gone"),
        })
            find.Results.Add(new ResultField { Variable = variable, JsonPath = path, Sensitive = variable == "code" });
        find.Results.Add(new ResultField { Variable = "http", Source = "status" });
        find = await _server.CreateAsync(find);
        var use = await _server.CreateAsync(
            AnAction.Calling($"{api.Url}/use?o={{order_id}}&t={{lines[0].title}}&c={{user.name}}"));
        var initialize = new InitializeRequest { Id = find.Id };
        initialize.Variables.Add("caller_id", Value.ForString("1"));
        initialize.Variables.Add("text", Value.ForString("x"));
        (await _server.Configs.InitializeAsync(initialize, cancellationToken: Token)).Sample.ShouldNotBeNull();

        var listed = await ListAsync(new());

        listed.Variables.ShouldBe(new KnownVariable[]
        {
            From(find, "caller_id", VariableOrigin.Engine),
            From(find, "code", VariableOrigin.Result, example: VariableType.String, isSensitive: true),
            From(find, "gone", VariableOrigin.Result),
            From(find, "http", VariableOrigin.Result, example: VariableType.Integer),
            From(find, "lines", VariableOrigin.Result, example: VariableType.Json),
            From(find, "order_id", VariableOrigin.Result, example: VariableType.Integer),
            From(find, "paid", VariableOrigin.Result, example: VariableType.Boolean),
            From(find, "price", VariableOrigin.Result, example: VariableType.Number),
            new()
            {
                Name = "text", Origin = VariableOrigin.Declared, ActionId = find.Id, ActionName = find.Name,
                Type = VariableType.String, Description = "What is sought.", Sensitive = true,
            },
            From(use, "user.name", VariableOrigin.Engine),
        });
        listed.NextPageToken.ShouldBeEmpty();
    }

    [Fact]
    public async Task WrittenAction_ListedAtOnce()
    {
        var action = await _server.CreateAsync(AnAction.Calling("https://api.example.com/?x={first}"));
        (await NamesAsync(new())).ShouldBe(["first"]);

        action.Request.Url = "https://api.example.com/?x={second}";
        await _server.UpdateAsync(action);
        (await NamesAsync(new())).ShouldBe(["second"]);
        var other = AnAction.Calling("https://api.example.com/");
        other.Results.Add(new ResultField { Variable = "second", JsonPath = "$.a" });
        await _server.CreateAsync(other);
        (await ListAsync(new())).Variables.ShouldHaveSingleItem().Origin.ShouldBe(VariableOrigin.Result);

        await _server.Configs.DeleteActionConfigAsync(new() { Id = action.Id }, cancellationToken: Token);
        (await ListAsync(new())).Variables.ShouldHaveSingleItem().ActionId.ShouldNotBe(action.Id);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000)]
    public async Task WalkOverAllPages_MeetsEachVariableOnceInOrder(int pageSize)
    {
        for (var i = 0; i < 12; i++)
        {
            var action = AnAction.Calling($"https://api.example.com/?a={{shared}}&b={{Name_{i}}}");
            action.Results.Add(new ResultField { Variable = $"result.{i}", JsonPath = "$.a" });
            await _server.CreateAsync(action);
        }

        var (met, token) = (new List<KnownVariable>(), "");
        do
        {
            var page = await ListAsync(new() { PageSize = pageSize, PageToken = token });
            page.Variables.Count.ShouldBeInRange(1, pageSize);
            met.AddRange(page.Variables);
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        met.Count.ShouldBe(36);
        met.Distinct().Count().ShouldBe(36);
        met.ShouldBe(met.OrderBy(variable => variable.Name, StringComparer.Ordinal)
            .ThenBy(variable => variable.Origin).ThenBy(variable => variable.ActionId, StringComparer.Ordinal));
        (await NamesAsync(new() { NamePrefix = "NAME_1" })).ShouldBe(["Name_1", "Name_10", "Name_11"]);
    }

    [Fact]
    public async Task WrongPage_IsAViolation()
    {
        await _server.CreateAsync(AnAction.Calling("https://api.example.com/?a={a}&b={ab}"));
        var token = (await ListAsync(new() { PageSize = 1, NamePrefix = "a" })).NextPageToken;

        (await NamesAsync(new() { PageSize = 1, NamePrefix = "A", PageToken = token })).ShouldBe(["ab"]);
        foreach (var (field, request) in new (string, ListVariablesRequest)[]
        {
            ("page_size", new() { PageSize = -1 }),
            ("page_size", new() { PageSize = 1_001 }),
            ("page_token", new() { PageToken = token }),
            ("page_token", new() { PageToken = "x" }),
        })
        {
            (await Refusal.OfAsync(_server.Configs.ListVariablesAsync(request, cancellationToken: Token)))
                .ShouldBeViolationOf(field);
        }
    }

    [Fact]
    public async Task ActionWithSecrets_ListedWithoutThem()
    {
        var action = AnAction.Calling("https://api.example.com/?x={x}");
        action.Authentication = new() { BearerToken = new() { Token = new Secret { Plaintext = "hush-hush-hush" } } };
        await _server.CreateAsync(action);

        var listed = await ListAsync(new());

        listed.Variables.ShouldHaveSingleItem().Name.ShouldBe("x");
        listed.ToString().ShouldNotContain("hush");
    }

    private static KnownVariable From(
        ActionConfig action,
        string name,
        VariableOrigin origin,
        VariableType example = default,
        bool isSensitive = false) => new()
    {
        Name = name,
        Origin = origin,
        ActionId = action.Id,
        ActionName = action.Name,
        ExampleType = example,
        Sensitive = isSensitive,
    };

    private async Task<IEnumerable<string>> NamesAsync(ListVariablesRequest request) =>
        (await ListAsync(request)).Variables.Select(variable => variable.Name);

    private async Task<ListVariablesResponse> ListAsync(ListVariablesRequest request) =>
        await _server.Configs.ListVariablesAsync(request, cancellationToken: Token);
}
