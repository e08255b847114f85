using System.Buffers;
using System.Globalization;
using System.Text;
using Actions.Server.Tests.Lifecycle;
using Actions.Server.Tests.Telemetry;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Actions.Server.Tests.Secrets;

/// <summary>
/// A thousand secrets and sensitive values go through every call, failure and fault of a server in a process of its
/// own;
/// then everything that has left it is searched for them.
/// </summary>
public sealed class CanaryTests : IDisposable
{
    private const int Rounds = 63;
    private const int VariablesPerRound = 14;

    private static readonly Authentication.MethodOneofCase[] Methods =
    [
        Authentication.MethodOneofCase.ApiKey, Authentication.MethodOneofCase.BearerToken,
        Authentication.MethodOneofCase.BasicCredentials, Authentication.MethodOneofCase.Oauth2ClientCredentials,
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-server-tests-");
    private readonly Canaries _canaries = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task ThousandCanaries_AreSeenInNothingThatLeavesTheProcess()
    {
        var key = _canaries.Keep(TestKeys.Base64());
        await using var upstream = new CanaryUpstream(_canaries);
        var left = new List<(string Where, byte[] Bytes)>();
        await using var collector = await Collector.StartAsync("none");
        var settings = Settings(key);
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Url;
        settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        await using (var server = await ServerProcess.StartAsync(settings, Token))
        {
            using var tap = new WireTap();
            using var channel = server.Connect(tap);
            await Parallel.ForEachAsync(
                Enumerable.Range(0, Rounds), new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Token },
                async (round, _) => await new Round(channel, upstream.Url, _canaries, round).RunAsync());
            await ReadHistoryAsync(channel);
            left.Add(("gRPC: headers, messages, trailers", tap.ToArray()));
            foreach (var file in _folder.GetFiles())
                left.Add(($"{file.Name} while the server runs", await ReadSharedAsync(file)));
            server.Terminate();
            (await server.WaitForExitAsync(Token)).ShouldBe(0);
            left.Add(("standard output and error, logs at Trace", Encoding.UTF8.GetBytes(server.Output)));
            server.Output.ShouldContain("trce: ");
            left.Add(("metrics and spans", collector.Received));
            Encoding.UTF8.GetString(collector.Received).ShouldContain("actions.attempt.duration");
            Encoding.UTF8.GetString(collector.Received).ShouldContain("execute_tool Canary");
        }

        foreach (var file in _folder.GetFiles())
            left.Add(($"{file.Name} afterwards", await ReadSharedAsync(file)));

        left.ShouldAllBe(part => part.Bytes.Length > 0 || part.Where.EndsWith("-shm", StringComparison.Ordinal) || part.Where.Contains("-wal"));
        _canaries.Count.ShouldBeGreaterThanOrEqualTo(Rounds * (VariablesPerRound + 2));
        var search = _canaries.ToSearch();
        // They were really sent, and are found where they are.
        upstream.Requests.Count(request => Finds(search, request.Header("X-V3") ?? "")).ShouldBeGreaterThan(Rounds * 5);
        ShouldFindOnePlanted(search, left[0].Bytes);

        var hits = left.Where(part => Canaries.Text(part.Bytes).AsSpan().IndexOfAny(search) >= 0)
            .Select(part => $"{part.Where}: {Around(Canaries.Text(part.Bytes), search)}").ToList();
        Report.Write("canaries.md", string.Create(
            CultureInfo.InvariantCulture,
            $"""
            Canaries: {_canaries.Count:N0} values, {left.Sum(part => part.Bytes.LongLength):N0} bytes searched, {hits.Count} hits

            {string.Join('\n', left.Select(part => string.Create(CultureInfo.InvariantCulture, $"- {part.Where}: {part.Bytes.Length:N0} bytes")))}


            """));
        hits.ShouldBeEmpty();
    }

    private Dictionary<string, string> Settings(string key) => new()
    {
        ["Storage:Sqlite:Path"] = Path.Combine(_folder.FullName, "actions.db"),
        ["Secrets:KeyEncryptionKey"] = key,
        ["Engine:CircuitMinimumAttempts"] = "100000", // faults are wanted, not a circuit that spares them
        ["History:Level"] = "full",
        ["Logging:LogLevel:Default"] = "Trace",
        ["Logging:LogLevel:Grpc"] = "Trace",
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Trace",
        ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "Trace",
        ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Trace",
        ["Logging:LogLevel:Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager"] = "Trace",
        ["Logging:Console:FormatterName"] = "simple",
        ["Logging:Console:FormatterOptions:IncludeScopes"] = "true",
    };

    /// <summary>Everything that it tells, as soon as it has some of it.</summary>
    private static async Task ReadHistoryAsync(ChannelBase channel)
    {
        var history = new V1.ExecutionService.ExecutionServiceClient(channel);
        ListExecutionsResponse page;
        do
        {
            page = await history.ListExecutionsAsync(new() { PageSize = 50 }, cancellationToken: Token);
        }
        while (page.Executions.Count < 50);

        foreach (var execution in page.Executions)
            await history.GetExecutionAsync(new() { ExecutionId = execution.ExecutionId }, cancellationToken: Token);
    }

    private static bool Finds(SearchValues<string> search, string text) =>
        Canaries.Text(Encoding.UTF8.GetBytes(text)).AsSpan().ContainsAny(search);

    /// <summary>A search that can't find anything proves nothing.</summary>
    private void ShouldFindOnePlanted(SearchValues<string> search, byte[] bytes)
    {
        var value = _canaries.Keep("c\"plän ted+/y");
        Finds(search, value).ShouldBeFalse("it was not among them yet");
        search = _canaries.ToSearch();
        foreach (var form in Canaries.Forms(value))
        {
            byte[] planted = [.. bytes[..1_000], .. Encoding.UTF8.GetBytes(form), .. bytes[1_000..2_000]];
            Canaries.Text(planted).AsSpan().IndexOfAny(search).ShouldBe(1_000, form);
        }
    }

    private static string Around(string text, SearchValues<string> search)
    {
        var at = text.AsSpan().IndexOfAny(search);
        return text[Math.Max(0, at - 200)..Math.Min(text.Length, at + 100)];
    }

    private static async Task<byte[]> ReadSharedAsync(FileInfo file)
    {
        await using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Token);
        return bytes.ToArray();
    }

    /// <summary>One action with its secret and its variables, through everything.</summary>
    private sealed class Round(ChannelBase channel, string url, Canaries canaries, int round)
    {
        private readonly V1.ActionConfigService.ActionConfigServiceClient _configs = new(channel);
        private readonly V1.ActionService.ActionServiceClient _actions = new(channel);
        private readonly Dictionary<string, string> _variables =
            Enumerable.Range(1, VariablesPerRound).ToDictionary(i => $"v{i}", _ => canaries.New());

        public async Task RunAsync()
        {
            var action = NewAction();
            await TryAsync(_configs.CreateActionConfigAsync(new() { ActionConfig = action, ValidateOnly = true }));
            var stored = (await _configs.CreateActionConfigAsync(new() { ActionConfig = action })).ActionConfig;
            await TryAsync(_configs.CreateActionConfigAsync(new() { ActionConfig = action })); // its name is taken
            await TryAsync(_configs.CreateActionConfigAsync(new() { ActionConfig = Refused(action) }));
            await TryAsync(_configs.GetActionConfigAsync(new() { Id = stored.Id }));
            await TryAsync(_configs.ListActionConfigsAsync(new() { NamePrefix = action.Name }));
            await CallAsync(stored);
            await ChangeAsync(stored);
            if (round % 2 == 0)
                await TryAsync(_configs.DeleteActionConfigAsync(new() { Id = stored.Id }));
        }

        private async Task CallAsync(ActionConfig stored)
        {
            foreach (var fault in CanaryUpstream.Faults)
            {
                await TryAsync(_configs.InitializeAsync(new() { Id = stored.Id, Variables = { Values(fault) } }));
                // What an API says belongs to whoever executes: these two are no failures.
                if (fault is not ("json" or "text"))
                    await TryAsync(_actions.Execute(new()
                    {
                        Id = stored.Id, Variables = { Values(fault) }, CallId = round % 4 == 0 ? $"call {round}" : "",
                    }));
            }

            if (round % 5 == 0)
            {
                await TryAsync(_configs.InitializeAsync(new() { Id = stored.Id, Variables = { Values(CanaryUpstream.Hold) } }));
                await TryAsync(_actions.Execute(new() { Name = stored.Name, Variables = { Values(CanaryUpstream.Hold) } }));
            }

            var draft = stored.Clone();
            await TryAsync(_configs.InitializeAsync(new() { Draft = draft, Variables = { Values("text") } }));
            await TryAsync(_actions.Execute(new() { Id = stored.Id, Variables = { Values(CanaryUpstream.Quiet) }, BodyView = BodyView.Full }));
            await TryAsync(_actions.Execute(new() { Id = stored.Id, Variables = { Values("json") }, DryRun = true }));
            foreach (var (name, value) in new[] { ("v3", "\r\n"), ("number", ""), ("choice", "") })
                await TryAsync(_actions.Execute(new() { Id = stored.Id, Variables = { Values("json", (name, _variables["v3"] + value)) } }));
        }

        private async Task ChangeAsync(ActionConfig stored)
        {
            var change = new ActionConfig { Id = stored.Id, Authentication = NewAuthentication(canaries.New()) };
            await TryAsync(_configs.UpdateActionConfigAsync(new() { ActionConfig = change, ValidateOnly = true }));
            await TryAsync(_configs.UpdateActionConfigAsync(new() { ActionConfig = change }));
            var stale = change.Clone();
            stale.Etag = stored.Etag;
            await TryAsync(_configs.UpdateActionConfigAsync(new() { ActionConfig = stale }));
            await TryAsync(_configs.UpdateActionConfigAsync(new() { ActionConfig = Refused(change) }));
            // To another origin, with an empty secret.
            await TryAsync(_configs.UpdateActionConfigAsync(new() { ActionConfig = new() { Id = stored.Id, Request = new() { Url = "http://127.0.0.1:1/" } } }));
            await TryAsync(_configs.UpdateActionConfigAsync(new() { ActionConfig = new() { Id = stored.Id, Disabled = true } }));
            await TryAsync(_actions.Execute(new() { Id = stored.Id, Variables = { Values("json") } }));
        }

        private ActionConfig NewAction()
        {
            var action = new ActionConfig
            {
                Name = $"Canary {round}",
                Authentication = NewAuthentication(canaries.New()),
                Request = new()
                {
                    Method = V1.HttpMethod.Post,
                    Url = $"{url}/{{fault}}/{{v1}}?a={{v2}}",
                    Headers = { new Header { Name = "X-V3", Value = "{v3}" }, new Header { Name = "X-V4", Value = "is {v4}!" } },
                    QueryParameters = { new QueryParameter { Name = "b", Value = "{v5}" } },
                    Timeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(round % 5 == 0 ? 300 : 20_000)),
                },
                Results = { new ResultField { Variable = "state", JsonPath = "$.status", Required = true } },
                // Bodies are kept: where they aren't, nothing is to be found.
                ResponsePolicy = new() { KeepBodies = true, MaxBodyBytes = 100_000, MaxRedirects = round % 3 },
                RecordContent = true,
                Variables =
                {
                    _variables.Keys.Select(name => new Variable { Name = name, Sensitive = true, Type = name == "v8" ? VariableType.Json : VariableType.String }),
                    new Variable { Name = "number", Sensitive = true, Type = VariableType.Integer, DefaultValue = Value.ForNumber(1) },
                    new Variable { Name = "choice", Sensitive = true, AllowedValues = { "a", "b" }, DefaultValue = Value.ForString("a") },
                },
            };
            SetBody(action.Request);
            return action;
        }

        private void SetBody(HttpRequest request)
        {
            // The others are in the address and the headers.
            var names = _variables.Keys.Skip(5);
            if (round % 3 == 0)
                request.JsonBody = $"{{{string.Join(", ", names.Select((name, i) => $"\"{name}\": \"{(i % 2 == 0 ? "" : "of ")}{{{name}}}\""))}}}";
            else if (round % 3 == 1)
                request.FormBody = new() { Fields = { names.Select(name => new QueryParameter { Name = name, Value = $"{{{name}}}" }) } };
            else
                request.TextBody = new() { Text = string.Join('\n', names.Select(name => $"{{{name}}}")), ContentType = "text/plain" };
        }

        private Authentication NewAuthentication(string secret) => Methods[round % Methods.Length] switch
        {
            Authentication.MethodOneofCase.ApiKey => Credential.ApiKey(secret, round % 8 == 0 ? Location.Query : Location.Header),
            Authentication.MethodOneofCase.BearerToken => Credential.Bearer(secret, round % 8 == 1 ? Location.Query : Location.Header),
            Authentication.MethodOneofCase.BasicCredentials => Credential.Basic(secret),
            _ => NewOAuth(secret),
        };

        /// <summary>Half of them hear what the endpoint says about the first way of authenticating.</summary>
        private Authentication NewOAuth(string secret)
        {
            var authentication = Credential.OAuth(url, secret);
            authentication.Oauth2ClientCredentials.Parameters.Add(
                new TokenParameter { Name = "password", SecretValue = new() { Plaintext = canaries.New() } });
            authentication.Oauth2ClientCredentials.ClientAuthentication =
                round % 8 == 3 ? ClientAuthentication.Basic : ClientAuthentication.Unspecified;
            return authentication;
        }

        /// <summary>The same with a secret that no header can carry, and too long besides.</summary>
        private static ActionConfig Refused(ActionConfig action)
        {
            var refused = action.Clone();
            var secret = Credential.SecretOf(refused);
            secret.Plaintext += $"\r\n{new string('x', 10_000)}";
            return refused;
        }

        private Dictionary<string, Value> Values(string fault, params (string Name, string Value)[] others)
        {
            var values = _variables.ToDictionary(pair => pair.Key, pair => Value.ForString(pair.Value));
            values["v8"] = Value.ForStruct(new Struct { Fields = { ["in"] = Value.ForList(Value.ForString(_variables["v8"])) } });
            values["fault"] = Value.ForString(fault);
            foreach (var (name, value) in others)
                values[name] = Value.ForString(value);
            return values;
        }

        private static async Task TryAsync<T>(AsyncUnaryCall<T> call)
        {
            try
            {
                await call;
            }
            catch (RpcException)
            {
                // Refusals are searched like everything else.
            }
        }

        private static async Task TryAsync(AsyncServerStreamingCall<ExecuteResponse> call)
        {
            using (call)
            {
                try
                {
                    while (await call.ResponseStream.MoveNext(Token))
                    {
                    }
                }
                catch (RpcException)
                {
                    // Refusals are searched like everything else.
                }
            }
        }
    }
}
