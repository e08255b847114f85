using Actions.Server.Tests.Lifecycle;
using Actions.Server.Tests.Secrets;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Server.Tests.Mongo;

/// <summary>What the database gets to see of secrets, and who gets to see the database's own.</summary>
public sealed class MongoSecretsTests : IAsyncLifetime
{
    private readonly MongoPlace _place = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _place.DropAsync();

    [Fact]
    public async Task Secrets_AreInTheDatabaseAsCiphertextOnly()
    {
        await using var upstream = Credential.Upstream();
        await using (var server = await RunningServer.StartAsync(_place.ServerSettings()))
        {
            foreach (var credential in Credential.All.Values)
            {
                var action = AnAction.Calling(upstream.Url);
                action.Authentication = credential.Make(upstream.Url, Credential.Secret);
                action = await server.CreateAsync(action);
                (await server.ExecuteAsync(new() { Id = action.Id }))[^1].Result.ShouldNotBeNull(credential.Name);
            }
        }

        using var client = new MongoClient(_place.Uri);
        var database = _place.Open(client);
        var texts = new List<string>();
        foreach (var name in await (await database.ListCollectionNamesAsync(cancellationToken: Token)).ToListAsync(Token))
        {
            foreach (var document in await database.GetCollection<BsonDocument>(name).Find(FilterDefinition<BsonDocument>.Empty).ToListAsync(Token))
            {
                Credential.ShouldHideIt(document.ToBson());
                texts.Add(document.ToJson());
            }
        }

        texts.Count(text => text.Contains(Credential.CiphertextMark, StringComparison.Ordinal)).ShouldBe(Credential.All.Count);
    }

    [Fact]
    public async Task StoreMovedByTheCommand_IsExecutedFromByAServerOnMongoDb()
    {
        var folder = Directory.CreateTempSubdirectory("actions-server-tests-");
        try
        {
            var file = Path.Combine(folder.FullName, "actions.db");
            await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
            var action = AnAction.Calling(upstream.Url);
            action.Authentication = Credential.ApiKey("first");
            await using (var server = await RunningServer.StartAsync(new() { ["Storage:Sqlite:Path"] = file }))
                action = await server.CreateAsync(action);
            var settings = _place.ServerSettings();

            var there = await CommandRun.OfAsync(
                ["copy", "--from", $"sqlite:{file}", "--to", "mongodb"], [.. settings.Select(setting => (setting.Key, setting.Value))]);
            there.ExitCode.ShouldBe(0, there.Errors);
            await using (var server = await RunningServer.StartAsync(settings))
            {
                (await server.GetAsync(action.Id)).ShouldBe(action);
                (await server.ExecuteAsync(new() { Id = action.Id }))[^1].Result.ShouldNotBeNull();
                (await upstream.NextRequestAsync(Token)).Header("X-Key").ShouldBe("first");
            }

            var back = await CommandRun.OfAsync(
                ["copy", "--from", "mongodb", "--to", $"sqlite:{file}.back"], [.. settings.Select(setting => (setting.Key, setting.Value))]);
            back.ExitCode.ShouldBe(0, back.Errors);
            back.Output.ShouldStartWith("Copied 2 records, 0 were there.");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task PasswordOfTheDatabase_IsInNoLog()
    {
        const string Password = "s3cret-word";
        var settings = _place.ServerSettings($"mongodb://user:{Password}@127.0.0.1:1/?directConnection=true");
        settings["Storage:MongoDb:ServerSelectionTimeout"] = "00:00:00.2";
        settings["Logging:LogLevel:Default"] = "Trace";
        await using var server = await ServerProcess.StartAsync(settings, Token, isReady: false);

        var refusal = await Refusal.OfAsync(new V1.ActionConfigService.ActionConfigServiceClient(server.Channel)
            .ListActionConfigsAsync(new(), cancellationToken: Token));

        refusal.Reason.ShouldBe("ERROR_REASON_STORE_UNAVAILABLE");
        server.Output.ShouldContain("127.0.0.1:1");
        server.Output.ShouldNotContain(Password);
        var command = await CommandRun.OfAsync(["key", "list", "--workspace", "default"], [.. settings.Select(setting => (setting.Key, setting.Value))]);
        command.ExitCode.ShouldNotBe(0);
        (command.Output + command.Errors).ShouldNotContain(Password);
        command.Errors.ShouldBe(
            "The command failed: The store of the actions can't be reached. MongoDB at 127.0.0.1:1 refuses connections. Look at Storage:MongoDb.\n");
    }
}
