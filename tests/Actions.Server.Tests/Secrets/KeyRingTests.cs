using System.Buffers.Text;
using System.Reflection;
using System.Xml.Linq;
using Actions.V1;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.KeyManagement.Internal;
using Microsoft.Extensions.DependencyInjection;

namespace Actions.Server.Tests.Secrets;

/// <summary>The key ring in the store: restarts, losses, new keys.</summary>
public sealed class KeyRingTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-server-tests-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Database => Path.Combine(_folder.FullName, "actions.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task RingWithoutAKeyEncryptionKey_IsWarnedOfAtEachStart()
    {
        for (var start = 0; start < 2; start++)
        {
            await using var server = await StartAsync();
            server.Log.Where(line => line.Contains("[121]")).ShouldHaveSingleItem().ShouldStartWith("Warning ");
            // Of the new key itself it is told once.
            server.Log.Count(line => line.Contains("[120]")).ShouldBe(start == 0 ? 1 : 0);
        }

        DatabaseFile.KeyRing(Database).ShouldHaveSingleItem().Content.ShouldContain("<masterKey");
    }

    [Fact]
    public async Task RestartedServer_ReadsItsSecrets()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await SavedAsync(upstream.Url);

        await using var restarted = await StartAsync();
        await restarted.ExecuteAsync(new() { Name = action.Name });

        (await upstream.NextRequestAsync(Token)).Header("X-Key").ShouldBe("first");
    }

    [Fact]
    public async Task ServersThatShareAStore_ReadEachOthersSecrets()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        // At the same time, so that each may find that there is no key yet.
        var servers = await Task.WhenAll(Task.Run(() => StartAsync(), Token), Task.Run(() => StartAsync(), Token));
        await using var first = servers[0];
        await using var second = servers[1];

        foreach (var (saving, reading) in new[] { (first, second), (second, first) })
        {
            var action = await saving.CreateAsync(Secured(upstream.Url));
            (await reading.ExecuteAsync(new() { Id = action.Id }))[^1].Result.ShouldNotBeNull();
            (await upstream.NextRequestAsync(Token)).Header("X-Key").ShouldBe("first");
        }
    }

    [Fact]
    public async Task KeyMadeByAnotherServer_IsReadWithHoweverLongThisOneRuns()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var saving = await StartAsync();
        await using var reading = await StartAsync();
        // As if it had run for more than two minutes, in which Data Protection looks for keys that it doesn't know.
        var ring = reading.Services.GetRequiredService<IKeyRingProvider>();
        ring.GetType().GetProperty("AutoRefreshWindowEnd", BindingFlags.Instance | BindingFlags.NonPublic).ShouldNotBeNull()
            .SetValue(ring, DateTime.MinValue);
        foreach (var _ in Enumerable.Range(0, 2))
        {
            var now = TimeProvider.System.GetUtcNow();
            var key = saving.Services.GetRequiredService<IKeyManager>().CreateNewKey(now, now.AddDays(90));
            ActionConfig action = null!;
            await Eventually.TrueAsync(async () =>
            {
                action = await saving.CreateAsync(Secured(upstream.Url));
                return IsUnder(key, DatabaseFile.Action(Database, action.Id).Authentication.ApiKey.Value.Plaintext);
            });

            await reading.ExecuteAsync(new() { Id = action.Id });

            (await upstream.NextRequestAsync(Token)).Header("X-Key").ShouldBe("first");
        }

        // The id stands behind four bytes that say whose ciphertext it is.
        static bool IsUnder(IKey key, string ciphertext) =>
            new Guid(Base64Url.DecodeFromChars(ciphertext).AsSpan(4, 16)) == key.KeyId;
    }

    [Fact]
    public async Task LostKeyRing_RefusesWhatNeedsTheSecretAndNothingElse()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await SavedAsync(upstream.Url);
        DatabaseFile.Run(Database, "DELETE FROM key_ring").ShouldBe(1);

        await using var restarted = await StartAsync();
        var draft = action.Clone();
        ShouldBeUnreadable(action, await Refusal.OfAsync(restarted.Actions.Execute(new() { Id = action.Id }, cancellationToken: Token)));
        ShouldBeUnreadable(action, await Refusal.OfAsync(restarted.Actions.Execute(new() { Name = action.Name }, cancellationToken: Token)));
        ShouldBeUnreadable(action, await Refusal.OfAsync(restarted.Configs.InitializeAsync(new() { Id = action.Id }, cancellationToken: Token)));
        ShouldBeUnreadable(action, await Refusal.OfAsync(restarted.Configs.InitializeAsync(new() { Draft = draft }, cancellationToken: Token)));
        ShouldBeUnreadable(action, await Refusal.OfAsync(restarted.UpdateAsync(new() { Id = action.Id, Description = "Newer." })));
        upstream.Requests.ShouldBeEmpty();

        (await restarted.GetAsync(action.Id)).ShouldBe(action);
        (await restarted.Configs.ListActionConfigsAsync(new(), cancellationToken: Token)).ActionConfigs.ShouldHaveSingleItem().ShouldBe(action);
        await restarted.UpdateAsync(new() { Id = action.Id, Authentication = Credential.ApiKey("second") });
        await restarted.ExecuteAsync(new() { Id = action.Id });
        (await upstream.NextRequestAsync(Token)).Header("X-Key").ShouldBe("second");
    }

    [Fact]
    public async Task LostKeyRing_CanBeRidOfByRemovingTheAuthentication()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await SavedAsync(upstream.Url);
        DatabaseFile.Run(Database, "DELETE FROM key_ring").ShouldBe(1);

        await using var restarted = await StartAsync();
        await restarted.UpdateAsync(new() { Id = action.Id }, "authentication");

        (await restarted.ExecuteAsync(new() { Id = action.Id }))[^1].Result.ShouldNotBeNull();
        (await restarted.Configs.DeleteActionConfigAsync(new() { Id = action.Id }, cancellationToken: Token)).ShouldNotBeNull();
    }

    [Fact]
    public async Task ExpiredKey_IsFollowedByANewOneAndStillReadWith()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await SavedAsync(upstream.Url);
        // As if its 90 days had passed long ago.
        var key = XElement.Parse(DatabaseFile.KeyRing(Database).ShouldHaveSingleItem().Content);
        foreach (var (name, year) in new[] { ("creationDate", 2001), ("activationDate", 2001), ("expirationDate", 2002) })
            key.Element(name).ShouldNotBeNull().SetValue(new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero));
        DatabaseFile.Run(Database, $"UPDATE key_ring SET content = '{key.ToString().Replace("'", "''", StringComparison.Ordinal)}'").ShouldBe(1);

        await using var restarted = await StartAsync();
        var other = AnAction.Calling(upstream.Url);
        other.Authentication = Credential.ApiKey("second");
        other = await restarted.CreateAsync(other);

        DatabaseFile.KeyRing(Database).Count.ShouldBe(2);
        foreach (var (id, secret) in new[] { (action.Id, "first"), (other.Id, "second") })
        {
            await restarted.ExecuteAsync(new() { Id = id });
            (await upstream.NextRequestAsync(Token)).Header("X-Key").ShouldBe(secret);
        }

        restarted.Services.GetRequiredService<IKeyManager>().GetAllKeys().Count(key => key.ExpirationDate > TimeProvider.System.GetUtcNow())
            .ShouldBe(1);
    }

    private static void ShouldBeUnreadable(ActionConfig action, Refusal refusal) => refusal.ShouldBe(
        Grpc.Core.StatusCode.FailedPrecondition,
        "ERROR_REASON_SECRET_UNREADABLE",
        ("id", action.Id),
        ("field", "authentication.api_key.value"));

    private static ActionConfig Secured(string url)
    {
        var action = AnAction.Calling(url);
        action.Authentication = Credential.ApiKey("first");
        return action;
    }

    /// <summary>A server that stores one action with a secret, and stops.</summary>
    private async Task<ActionConfig> SavedAsync(string url)
    {
        await using var server = await StartAsync();
        return await server.CreateAsync(Secured(url));
    }

    private Task<RunningServer> StartAsync(Dictionary<string, string>? settings = null) =>
        RunningServer.StartAsync(new(settings ?? []) { ["Storage:Sqlite:Path"] = Database });
}
