using Actions.Server.Tests.Access;
using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.Strangers;

/// <summary>Wrong credentials, from the address of a client with the right ones.</summary>
public sealed class WrongKeyTests
{
    private const int Waiting = 64;

    private static readonly string Unknown = $"ak_{new string('0', 32)}_{new string('A', 43)}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WrongKeysBeyondTheBudget_WaitAndTheRightOneDoesNot()
    {
        await using var server = await KeyedServer.StartAsync(new()
        {
            ["Strangers:WrongKeyBurst"] = "5", ["Strangers:WrongKeysPerSecond"] = "1", ["Strangers:WrongKeyDelay"] =
                "00:00:30",
        });
        // Never used before: it isn't among the keys in memory.
        var right = await server.MakeAsync(Role.Editor, "acme");
        var wrong = new[] { server.As("wrong"), server.As(Unknown), server.As(new string('k', 64)) };

        var guesses = Enumerable.Range(0, 200).Select(i => GuessAsync(wrong[i % wrong.Length])).ToList();
        await Eventually.TrueAsync(() => Task.FromResult(guesses.Count(guess =>
            guess.IsCompleted) >= 200 - Waiting - 5));

        await right.Configs.ListActionConfigsAsync(new(), cancellationToken: Token);
        await server.As(server.AdminKey).Configs.ListActionConfigsAsync(new(), cancellationToken: Token);
        var answers = guesses.Where(guess => guess.IsCompleted).Select(guess => guess.Result.Reason).ToList();
        answers.Count(reason => reason == "ERROR_REASON_CREDENTIALS_INVALID").ShouldBeInRange(5, 40);
        guesses.Count(guess => !guess.IsCompleted).ShouldBe(Waiting);
        answers.Distinct().ShouldBe(["ERROR_REASON_CREDENTIALS_INVALID", "ERROR_REASON_LIMIT_REACHED"],
            ignoreOrder: true);
        server.Running.Log.Count(line => line.Contains("rejected")).ShouldBe(1);
    }

    [Fact]
    public async Task DelayedRefusal_IsStillTheRefusal()
    {
        await using var server = await KeyedServer.StartAsync(new()
        {
            ["Strangers:WrongKeyBurst"] = "1", ["Strangers:WrongKeysPerSecond"] = "1", ["Strangers:WrongKeyDelay"] =
                "00:00:00.5",
        });
        for (var i = 0; i < 3; i++)
            (await GuessAsync(server.As("wrong"))).ShouldBe(StatusCode.Unauthenticated,
                "ERROR_REASON_CREDENTIALS_INVALID");
    }

    [Fact]
    public async Task RefusedCallsOfAnAddress_AreOneLineAndTheirNumber()
    {
        await using var server = await KeyedServer.StartAsync(new()
        {
            ["Strangers:LogInterval"] = "00:00:02", ["Strangers:WrongKeyBurst"] = "1000",
        });
        foreach (var client in new[] { server.As("wrong"), server.As(null) })
        {
            for (var i = 0; i < 50; i++)
                await GuessAsync(client);
        }

        await Eventually.TrueAsync(() => Task.FromResult(server.Running.Log.Any(line => line.Contains("more calls"))));

        var lines = server.Running.Log.Where(line => line.Contains("rejected")).ToList();
        lines[0].ShouldContain(
            "Call of 127.0.0.1 to /actions.v1.ActionConfigService/ListActionConfigs rejected with Unauthenticated");
        lines.Count.ShouldBeLessThan(10);
        lines.Where(line => line.Contains("more calls of 127.0.0.1")).ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3")]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    [InlineData("2001:db8:1:2:ffff::1", "2001:db8:1:2::")]
    [InlineData("2001:db8:1:3::1", "2001:db8:1:3::")]
    [InlineData("::1", "::")]
    public void Address_CountsAsItsNetwork(string address, string network) =>
        Server.Strangers.ClientNetwork.Of(System.Net.IPAddress.Parse(address)).ToString().ShouldBe(network);

    private static Task<Refusal> GuessAsync(KeyedServer.Clients client) =>
        Refusal.OfAsync(client.Configs.ListActionConfigsAsync(new(), cancellationToken: Token));
}
