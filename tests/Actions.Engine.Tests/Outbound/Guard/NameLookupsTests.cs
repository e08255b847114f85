using System.Collections.Concurrent;
using System.Net;
using Actions.Engine.Outbound.Guard;

namespace Actions.Engine.Tests.Outbound.Guard;

/// <summary>Names whose server doesn't answer hold up no other workspace, and no more than their share.</summary>
public sealed class NameLookupsTests
{
    private const int Limit = 8;
    private const int LimitPerWorkspace = 3;

    private readonly SilentNameServer _network = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NamesWithoutAnAnswer_HoldUpNoOtherWorkspace()
    {
        var lookups = new NameLookups(_network, Limit, LimitPerWorkspace);
        var silent = Enumerable.Range(0, 40).Select(i => lookups.ResolveAsync("one", $"silent-{i}", Token)).ToList();

        (await lookups.ResolveAsync("two", "answers", Token)).ShouldBe([IPAddress.Loopback]);

        silent.ShouldAllBe(lookup => !lookup.IsCompleted);
        _network.Asked.Count.ShouldBe(LimitPerWorkspace + 1);
        _network.AnswerAll();
        foreach (var lookup in silent)
            (await lookup).ShouldBe([IPAddress.Loopback]);
    }

    [Fact]
    public async Task AllWorkspacesTogether_StayWithinTheLimit()
    {
        var lookups = new NameLookups(_network, Limit, LimitPerWorkspace);

        var silent = Enumerable.Range(0, 40).Select(i => lookups.ResolveAsync($"{i % 10}", $"silent-{i}", Token)).ToList();

        _network.Asked.Count.ShouldBe(Limit);
        _network.AnswerAll();
        await Task.WhenAll(silent);
        _network.Asked.Count.ShouldBe(40);
    }

    [Fact]
    public async Task SameName_IsLookedUpOnceForAllWhoWait()
    {
        var lookups = new NameLookups(_network, Limit, LimitPerWorkspace);
        var waiting = Enumerable.Range(0, 20).Select(i => lookups.ResolveAsync($"{i}", "silent", Token)).ToList();

        _network.Asked.ShouldBe(["silent"]);
        _network.AnswerAll();
        await Task.WhenAll(waiting);

        // An answer isn't kept for later callers.
        await lookups.ResolveAsync("1", "silent", Token);
        _network.Asked.ShouldBe(["silent", "silent"]);
    }

    [Fact]
    public async Task CallerThatGivesUp_LeavesAtOnceAndItsLookupKeepsItsSlot()
    {
        var lookups = new NameLookups(_network, Limit, LimitPerWorkspace);
        using var gaveUp = new CancellationTokenSource();
        var silent = Enumerable.Range(0, 6).Select(i => lookups.ResolveAsync("one", $"silent-{i}", gaveUp.Token)).ToList();

        await gaveUp.CancelAsync();
        foreach (var lookup in silent)
            await Should.ThrowAsync<OperationCanceledException>(lookup);
        var next = lookups.ResolveAsync("one", "answers", Token);

        next.IsCompleted.ShouldBeFalse("the look-ups that were begun go on");
        _network.AnswerAll();
        (await next).ShouldBe([IPAddress.Loopback]);
        // The names of those who left the line aren't looked up.
        _network.Asked.ShouldBe(["silent-0", "silent-1", "silent-2", "answers"]);
    }

    /// <summary>Answers for names that begin with "silent" only once it is told to.</summary>
    private sealed class SilentNameServer : INetwork
    {
        private readonly TaskCompletionSource _answers = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<string> Asked { get; } = [];

        public void AnswerAll() => _answers.SetResult();

        public async Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken)
        {
            Asked.Enqueue(name);
            if (name.StartsWith("silent", StringComparison.Ordinal))
                await _answers.Task;
            return [IPAddress.Loopback];
        }

        public Task<Stream> ConnectAsync(IPEndPoint endPoint, CancellationToken cancellationToken) =>
            SystemNetwork.Instance.ConnectAsync(endPoint, cancellationToken);

        public IEnumerable<IPAddress> OwnAddresses() => [];
    }
}
