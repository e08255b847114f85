using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Actions.V1;
using Google.Protobuf;

namespace Actions.Client.Conformance;

/// <summary>Runs cases. Each client has its own connection.</summary>
internal sealed partial class Runner : IDisposable
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));
    private readonly Dictionary<(string Server, string Key), ActionsClient> _clients = [];

    public static string Setting(string name) =>
        Environment.GetEnvironmentVariable($"CONFORMANCE_{name}") ?? throw new InvalidOperationException($"CONFORMANCE_{name} is not set.");

    public async Task RunAsync(JsonObject test)
    {
        var run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var saved = new Dictionary<string, string>
        {
            ["run"] = run,
            ["upstream"] = $"http://127.0.0.1:{Setting("UPSTREAM_PORT")}/{((string)test["name"]!).Replace('/', '~')}/{run}",
            ["upstream_port"] = Setting("UPSTREAM_PORT"),
            ["refused_port"] = Setting("REFUSED_PORT"),
            ["lonely_host"] = $"127.{string.Join('.', Enumerable.Range(0, 3).Select(_ => RandomNumberGenerator.GetInt32(1, 255)))}",
            ["admin_key"] = Setting("ADMIN_KEY"),
        };
        var matcher = new Matcher(saved);
        var number = 0;
        foreach (var step in test["steps"]!.AsArray().Select(node => node!.AsObject()))
        {
            number++;
            var client = Client((string?)(step["server"] ?? test["server"]) ?? "default", matcher.Fill((string?)step["key"] ?? ""));
            var expected = new JsonObject { ["response"] = "$unset", ["events"] = "$unset", ["error"] = "$unset" };
            foreach (var (name, value) in step["expect"]!.AsObject())
                expected[name] = value?.DeepClone();
            for (var triesLeft = (int?)step["tries"] ?? 1; triesLeft > 0;)
            {
                var came = await PerformAsync(client, step, matcher);
                try
                {
                    matcher.Match(expected, came, $"step {number}");
                    break;
                }
                catch (MismatchException e)
                {
                    if (--triesLeft == 0)
                        throw new MismatchException($"{e.Message} in {came.ToJsonString()}");
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
                }
            }
        }
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values)
            client.Dispose();
    }

    private ActionsClient Client(string server, string key)
    {
        if (_clients.TryGetValue((server, key), out var client))
            return client;
        var address = $"{(server == "tls" ? "https" : "http")}://{Setting($"SERVER_{server.ToUpperInvariant()}")}";
        return _clients[(server, key)] = new ActionsClient(new Uri(address), new()
        {
            ApiKey = key,
            CertificateAuthorities = server == "tls" ? [X509CertificateLoader.LoadCertificateFromFile(Setting("CA"))] : null,
        });
    }

    // The outcome of a step, in the shape of its `expect`.
    private static async Task<JsonObject> PerformAsync(ActionsClient client, JsonObject step, Matcher matcher)
    {
        var came = new JsonObject();
        try
        {
            var request = matcher.Fill(step["request"])!.ToJsonString();
            if ((string)step["rpc"]! == "ActionService.Execute")
                await FollowAsync(client.ExecuteAsync(Parse<ExecuteRequest>(request), TimeoutOf(step)),
                    told => (told.ExecutionId, told.Event), 0, step, came);
            else if ((string)step["rpc"]! == "ActionService.Attach")
                await FollowAsync(client.AttachAsync(Parse<AttachRequest>(request), TimeoutOf(step)),
                    told => (told.ExecutionId, told.Event), Parse<AttachRequest>(request).AfterSequence, step, came);
            else
                came["response"] = Json(await CallAsync(client, (string)step["rpc"]!, request));
        }
        catch (ActionException e)
        {
            came["error"] = Json(e);
        }

        return came;
    }

    private static TimeSpan? TimeoutOf(JsonObject step) =>
        step["timeout"] is { } seconds ? TimeSpan.FromSeconds((double)seconds) : null;

    private static async Task FollowAsync<T>(
        IAsyncEnumerable<T> responses, Func<T, (string Id, ExecutionEvent Event)> read, int after, JsonObject step,
        JsonObject came)
    {
        var events = new JsonArray();
        await foreach (var response in responses)
        {
            var (id, next) = read(response);
            events.Add(Json(next));
            came["events"] ??= events;
            came["execution_id"] = id;
            if (next.Sequence != after + events.Count || id.Length == 0)
                throw new MismatchException(
                    $"event {events.Count} has the sequence {next.Sequence}, execution '{id}'");
            if (events.Count == (int?)step["cancel_after"])
                return;
        }
    }

    private static async Task<IMessage> CallAsync(ActionsClient client, string rpc, string json) => rpc switch
    {
        "ActionConfigService.CreateActionConfig" => await client.Configs.CreateActionConfigAsync(Parse<CreateActionConfigRequest>(json)),
        "ActionConfigService.GetActionConfig" => await client.Configs.GetActionConfigAsync(Parse<GetActionConfigRequest>(json)),
        "ActionConfigService.ListActionConfigs" => await client.Configs.ListActionConfigsAsync(Parse<ListActionConfigsRequest>(json)),
        "ActionConfigService.UpdateActionConfig" => await client.Configs.UpdateActionConfigAsync(Parse<UpdateActionConfigRequest>(json)),
        "ActionConfigService.DeleteActionConfig" => await client.Configs.DeleteActionConfigAsync(Parse<DeleteActionConfigRequest>(json)),
        "ActionService.Prepare" => await client.Actions.PrepareAsync(Parse<PrepareRequest>(json)),
        "ActionService.GetCall" => await client.Actions.GetCallAsync(Parse<GetCallRequest>(json)),
        "ActionService.EndCall" => await client.Actions.EndCallAsync(Parse<EndCallRequest>(json)),
        "ActionConfigService.ListVariables" =>
            await client.Configs.ListVariablesAsync(Parse<ListVariablesRequest>(json)),
        "ExecutionService.ListExecutions" =>
            await client.History.ListExecutionsAsync(Parse<ListExecutionsRequest>(json)),
        "ExecutionService.GetExecution" => await client.History.GetExecutionAsync(Parse<GetExecutionRequest>(json)),
        "ExecutionService.GetStatistics" => await client.History.GetStatisticsAsync(Parse<GetStatisticsRequest>(json)),
        "ActionConfigService.Initialize" => await client.Configs.InitializeAsync(Parse<InitializeRequest>(json)),
        "ApiKeyService.CreateApiKey" => await client.Keys.CreateApiKeyAsync(Parse<CreateApiKeyRequest>(json)),
        "ApiKeyService.ListApiKeys" => await client.Keys.ListApiKeysAsync(Parse<ListApiKeysRequest>(json)),
        "ApiKeyService.RevokeApiKey" => await client.Keys.RevokeApiKeyAsync(Parse<RevokeApiKeyRequest>(json)),
        _ => throw new InvalidOperationException($"There is no {rpc}."),
    };

    private static T Parse<T>(string json)
        where T : IMessage, new() => JsonParser.Default.Parse<T>(json);

    private static JsonNode Json(IMessage message) => JsonNode.Parse(Formatter.Format(message))!;

    private static JsonObject Json(ActionException error)
    {
        var described = new JsonObject { ["code"] = WordEnd().Replace($"{error.Code}", "_").ToUpperInvariant() };
        if (error.Reason.Length > 0)
            (described["reason"], described["domain"]) = (error.Reason, error.Domain);
        if (error.Metadata.Count > 0)
            described["metadata"] = Object(error.Metadata);
        if (error.Violations.Count > 0)
            described["violations"] = Object(error.Violations);
        if (error.RetryDelay is { } delay)
            described["retry_delay"] = JsonNode.Parse(JsonValue.Create(delay.TotalSeconds).ToJsonString());
        return described;
    }

    private static JsonObject Object(IEnumerable<KeyValuePair<string, string>> map) =>
        new(map.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value)));

    // NotFound is NOT_FOUND.
    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex WordEnd();
}
