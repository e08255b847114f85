using Actions.Server.Tests.EndToEnd;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Data.Sqlite;

namespace Actions.Server.Tests.Access;

public sealed class CredentialTests
{
    private const string Missing = "ERROR_REASON_CREDENTIALS_MISSING";
    private const string Invalid = "ERROR_REASON_CREDENTIALS_INVALID";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NoKeyAtAll_EverybodyOnLoopbackIsAnAdminOfTheDefaultWorkspace()
    {
        await using var server = await RunningServer.StartAsync();
        var keys = new V1.ApiKeyService.ApiKeyServiceClient(server.Channel);

        (await server.Configs.ListActionConfigsAsync(new(), cancellationToken: Token)).ActionConfigs.ShouldBeEmpty();
        var made = await keys.CreateApiKeyAsync(new() { ApiKey = new() { Role = Role.Admin, DisplayName = "first" } }, cancellationToken: Token);

        // From the first key on nobody else is.
        (await Refusal.OfAsync(keys.ListApiKeysAsync(new(), cancellationToken: Token))).ShouldBe(StatusCode.Unauthenticated, Missing);
        var headers = new Metadata { { "authorization", $"Bearer {made.Key}" } };
        var listed = await keys.ListApiKeysAsync(new(), headers, cancellationToken: Token);
        listed.ApiKeys.ShouldHaveSingleItem().ShouldBe(made.ApiKey);

        // Nor when it is revoked: that would open the server to everybody.
        await keys.RevokeApiKeyAsync(new() { Id = made.ApiKey.Id }, headers, cancellationToken: Token);
        (await Refusal.OfAsync(keys.ListApiKeysAsync(new(), headers, cancellationToken: Token))).ShouldBe(StatusCode.Unauthenticated, Invalid);
        (await Refusal.OfAsync(keys.ListApiKeysAsync(new(), cancellationToken: Token))).ShouldBe(StatusCode.Unauthenticated, Missing);
    }

    [Fact]
    public async Task CallWithoutAKey_IsRefusedWhereThereIsOne()
    {
        await using var server = await KeyedServer.StartAsync();
        var nobody = server.As(null);

        foreach (var refusal in await RefusalsAsync(nobody))
            refusal.ShouldBe(StatusCode.Unauthenticated, Missing);
        // Whoever watches over the server has no key.
        (await new Grpc.Health.V1.Health.HealthClient(server.Running.Channel).CheckAsync(new(), cancellationToken: Token))
            .Status.ShouldBe(Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic YWRtaW46YWRtaW4=")]
    [InlineData("Bearer nonsense")]
    [InlineData("Bearer ak_00000000000000000000000000000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task AuthorizationThatIsNoKey_IsRefused(string value)
    {
        await using var server = await KeyedServer.StartAsync();
        var headers = new Metadata { { "authorization", value } };

        (await Refusal.OfAsync(server.Running.Configs.ListActionConfigsAsync(new(), headers, cancellationToken: Token)))
            .ShouldBe(StatusCode.Unauthenticated, Invalid);
    }

    [Fact]
    public async Task TwoAuthorizations_AreRefused()
    {
        await using var server = await KeyedServer.StartAsync();
        var key = await server.KeyAsync(Role.Editor);
        var headers = new Metadata { { "authorization", $"Bearer {key}" }, { "authorization", $"Bearer {key}" } };

        (await Refusal.OfAsync(server.Running.Configs.ListActionConfigsAsync(new(), headers, cancellationToken: Token)))
            .ShouldBe(StatusCode.Unauthenticated, Invalid);
    }

    [Fact]
    public async Task KeyWithAnotherSecret_IsRefused()
    {
        await using var server = await KeyedServer.StartAsync();
        var key = await server.KeyAsync(Role.Editor);
        var last = key[^2] == 'A' ? 'B' : 'A';
        var forged = key[..^2] + last + key[^1];

        (await server.As(key).Configs.ListActionConfigsAsync(new(), cancellationToken: Token)).ShouldNotBeNull();
        (await Refusal.OfAsync(server.As(forged).Configs.ListActionConfigsAsync(new(), cancellationToken: Token)))
            .ShouldBe(StatusCode.Unauthenticated, Invalid);
    }

    [Fact]
    public async Task RevokedKey_IsRefusedFromThenOn()
    {
        await using var server = await KeyedServer.StartAsync();
        var admin = server.As(server.AdminKey);
        var made = await admin.Keys.CreateApiKeyAsync(new() { ApiKey = new() { Role = Role.Editor } }, cancellationToken: Token);
        var editor = server.As(made.Key);
        await editor.CreateAsync(AnAction.Any());

        var revoked = await admin.Keys.RevokeApiKeyAsync(new() { Id = made.ApiKey.Id }, cancellationToken: Token);

        (await Refusal.OfAsync(editor.Configs.ListActionConfigsAsync(new(), cancellationToken: Token)))
            .ShouldBe(StatusCode.Unauthenticated, Invalid);
        revoked.ApiKey.RevokeTime.ShouldNotBeNull();
        (await admin.Keys.RevokeApiKeyAsync(new() { Id = made.ApiKey.Id }, cancellationToken: Token)).ShouldBe(revoked);
        (await admin.Keys.ListApiKeysAsync(new(), cancellationToken: Token)).ApiKeys.ShouldHaveSingleItem().ShouldBe(revoked.ApiKey);
    }

    [Fact]
    public async Task KeyRevokedOnAnotherServer_IsRefusedWithinSeconds()
    {
        var clock = new FakeClock();
        await using var server = await KeyedServer.StartAsync(time: clock);
        await using var other = await KeyedServer.StartAsync(new() { ["Storage:Sqlite:Path"] = server.Running.DatabasePath });
        var made = await server.As(server.AdminKey).Keys.CreateApiKeyAsync(new() { ApiKey = new() { Role = Role.Editor } }, cancellationToken: Token);
        var editor = server.As(made.Key);
        await editor.Configs.ListActionConfigsAsync(new(), cancellationToken: Token);

        await other.As(other.AdminKey).Keys.RevokeApiKeyAsync(new() { Id = made.ApiKey.Id }, cancellationToken: Token);

        // No call asks the store for a key that was seen; time does.
        await editor.Configs.ListActionConfigsAsync(new(), cancellationToken: Token);
        await Eventually.TrueAsync(async () =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            try
            {
                await editor.Configs.ListActionConfigsAsync(new(), cancellationToken: Token);
                return false;
            }
            catch (RpcException)
            {
                return true;
            }
        });
        (await Refusal.OfAsync(editor.Configs.ListActionConfigsAsync(new(), cancellationToken: Token)))
            .ShouldBe(StatusCode.Unauthenticated, Invalid);
    }

    [Fact]
    public async Task FirstKeyMadeOnAnotherServer_ClosesThisOneWithinSeconds()
    {
        var clock = new FakeClock();
        await using var server = await RunningServer.StartAsync(time: clock);
        await using var other = await RunningServer.StartAsync(new() { ["Storage:Sqlite:Path"] = server.DatabasePath });
        await server.Configs.ListActionConfigsAsync(new(), cancellationToken: Token);

        await new V1.ApiKeyService.ApiKeyServiceClient(other.Channel).CreateApiKeyAsync(
            new() { ApiKey = new() { Role = Role.Admin } }, cancellationToken: Token);

        await Eventually.TrueAsync(async () =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            try
            {
                await server.Configs.ListActionConfigsAsync(new(), cancellationToken: Token);
                return false;
            }
            catch (RpcException e)
            {
                return e.StatusCode == StatusCode.Unauthenticated;
            }
        });
    }

    [Fact]
    public async Task ExpiredKey_IsRefusedFromThatMomentOn()
    {
        var clock = new ShiftedClock();
        await using var server = await KeyedServer.StartAsync(time: clock);
        var made = await server.As(server.AdminKey).Keys.CreateApiKeyAsync(
            new()
            {
                ApiKey = new() { Role = Role.Editor, ExpireTime = Timestamp.FromDateTimeOffset(clock.GetUtcNow().AddHours(1)) },
            },
            cancellationToken: Token);
        var editor = server.As(made.Key);
        await editor.Configs.ListActionConfigsAsync(new(), cancellationToken: Token);

        clock.Advance(TimeSpan.FromHours(1));

        (await Refusal.OfAsync(editor.Configs.ListActionConfigsAsync(new(), cancellationToken: Token)))
            .ShouldBe(StatusCode.Unauthenticated, Invalid);
    }

    [Fact]
    public async Task Key_IsStoredAsItsDigestOnly()
    {
        await using var server = await KeyedServer.StartAsync();
        var key = await server.KeyAsync(Role.Engine);
        await Refusal.OfAsync(server.As(key).Configs.ListActionConfigsAsync(new(), cancellationToken: Token));

        using var connection = new SqliteConnection($"Data Source={server.Running.DatabasePath};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT sha256 FROM api_keys";
        ((byte[])command.ExecuteScalar()!).ShouldBe(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key)));
        var secret = key[^43..];
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(server.Running.DatabasePath)!))
            System.Text.Encoding.Latin1.GetString(ReadShared(file)).ShouldNotContain(secret, customMessage: file);
        server.Running.Log.ShouldAllBe(line => !line.Contains(secret) && !line.Contains(server.AdminKey));
    }

    [Fact]
    public async Task StoreThatIsAway_LocksOutNobodyWhoWasIn()
    {
        var clock = new ShiftedClock();
        await using var server = await KeyedServer.StartAsync(new() { ["Readiness:CheckInterval"] = "00:05:00" }, clock);
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await server.As(server.AdminKey).CreateAsync(AnAction.Calling(upstream.Url));
        var (seen, unseen) = (await server.MakeAsync(Role.Engine), await server.MakeAsync(Role.Engine));
        await ExecuteAsync(seen);

        // Connections that are open would go on reading a file that was moved.
        SqliteConnection.ClearAllPools();
        File.Move(server.Running.DatabasePath, server.Running.DatabasePath + ".away");
        clock.Advance(TimeSpan.FromMinutes(1));

        await ExecuteAsync(seen);
        (await Refusal.OfAsync(unseen.Actions.Execute(new() { Id = action.Id }, cancellationToken: Token)))
            .Reason.ShouldBe("ERROR_REASON_STORE_UNAVAILABLE");
        File.Move(server.Running.DatabasePath + ".away", server.Running.DatabasePath);

        async Task ExecuteAsync(KeyedServer.Clients clients)
        {
            using var call = clients.Actions.Execute(new() { Id = action.Id }, cancellationToken: Token);
            (await call.ReadToEndAsync())[^1].Result.StatusCode.ShouldBe(200);
        }
    }

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static async Task<IReadOnlyList<Refusal>> RefusalsAsync(KeyedServer.Clients clients) =>
    [
        await Refusal.OfAsync(clients.Actions.Execute(new() { Id = "x" }, cancellationToken: Token)),
        await Refusal.OfAsync(clients.Configs.CreateActionConfigAsync(new() { ActionConfig = AnAction.Any() }, cancellationToken: Token)),
        await Refusal.OfAsync(clients.Configs.GetActionConfigAsync(new() { Id = "x" }, cancellationToken: Token)),
        await Refusal.OfAsync(clients.Configs.ListActionConfigsAsync(new(), cancellationToken: Token)),
        await Refusal.OfAsync(clients.Configs.UpdateActionConfigAsync(new(), cancellationToken: Token)),
        await Refusal.OfAsync(clients.Configs.DeleteActionConfigAsync(new() { Id = "x" }, cancellationToken: Token)),
        await Refusal.OfAsync(clients.Configs.InitializeAsync(new() { Id = "x" }, cancellationToken: Token)),
        await Refusal.OfAsync(clients.Keys.CreateApiKeyAsync(new(), cancellationToken: Token)),
        await Refusal.OfAsync(clients.Keys.ListApiKeysAsync(new(), cancellationToken: Token)),
        await Refusal.OfAsync(clients.Keys.RevokeApiKeyAsync(new(), cancellationToken: Token)),
    ];
}
