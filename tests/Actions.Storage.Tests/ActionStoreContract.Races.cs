using System.Globalization;
using Actions.V1;

namespace Actions.Storage.Tests;

/// <summary>Many at once, in one process and in two, and many in number.</summary>
public abstract partial class ActionStoreContract
{
    private const int Racers = 50;

    [Fact]
    public async Task WritersRacingForAName_HaveExactlyOneWinner()
    {
        using var second = await OpenAsync();
        for (var round = 0; round < 5; round++)
        {
            var outcomes = await RaceAsync(racer => (racer % 2 == 0 ? Store : second.Store).CreateAsync(
                Workspace, NewAction(racer % 3 == 0 ? $"ORDER {round}" : $"order {round}"), Stop));

            var winner = outcomes.Single(outcome => outcome.Error is null).Result;
            outcomes.Count(outcome => outcome.Error is NameTakenException).ShouldBe(Racers - 1);
            (await Store.FindByNameAsync(Workspace, $"order {round}", Stop)).ShouldBe(winner);
        }

        (await ListAsync(new ActionQuery { Limit = 100 })).Count.ShouldBe(5);
    }

    [Fact]
    public async Task UpdatersRacingWithOneEtag_HaveExactlyOneWinner()
    {
        using var second = await OpenAsync();
        var stored = await CreateAsync("order");
        for (var round = 0; round < 10; round++)
        {
            var outcomes = await RaceAsync(racer =>
            {
                var config = stored.Clone();
                config.Description = $"round {round}, racer {racer}";
                return (racer % 2 == 0 ? Store : second.Store).ReplaceAsync(Workspace, config, stored.Etag, Stop);
            });

            stored = outcomes.Single(outcome => outcome.Error is null).Result!;
            outcomes.Count(outcome => outcome.Error is EtagMismatchException).ShouldBe(Racers - 1);
            (await Store.GetAsync(Workspace, stored.Id, Stop)).ShouldBe(stored);
        }
    }

    [Fact]
    public async Task LosersWhoTryAgain_LoseNoUpdate()
    {
        var id = (await CreateLabelledAsync("counter", ("count", "0"))).Id;

        var outcomes = await RaceAsync(_ => IncrementAsync());

        outcomes.ShouldAllBe(outcome => outcome.Error == null);
        (await Store.GetAsync(Workspace, id, Stop))!.Labels["count"].ShouldBe($"{Racers}");
        (await MatchedAsync(("count", $"{Racers}"))).ShouldBe(["counter"]);

        async Task<ActionConfig> IncrementAsync()
        {
            while (true)
            {
                var config = (await Store.GetAsync(Workspace, id, Stop))!;
                var count = int.Parse(config.Labels["count"], CultureInfo.InvariantCulture);
                config.Labels["count"] = (count + 1).ToString(CultureInfo.InvariantCulture);
                try
                {
                    return await Store.ReplaceAsync(Workspace, config, config.Etag, Stop);
                }
                catch (EtagMismatchException)
                {
                    // Somebody was faster: read again.
                }
            }
        }
    }

    [Fact]
    public async Task RacingToDeleteAndReplace_HaveExactlyOneWinner()
    {
        var stored = await CreateAsync("order");

        var outcomes = await RaceAsync(async racer =>
        {
            if (racer % 2 == 0)
                return await Store.ReplaceAsync(Workspace, stored, stored.Etag, Stop);
            await Store.DeleteAsync(Workspace, stored.Id, stored.Etag, Stop);
            return stored;
        });

        outcomes.Count(outcome => outcome.Error is null).ShouldBe(1);
        var losers = outcomes.Select(outcome => outcome.Error).OfType<StoreException>();
        losers.ShouldAllBe(error => error is EtagMismatchException || error is ActionNotFoundException);
    }

    [Fact]
    public async Task PagesWhileOthersWrite_HoldWhatStaysExactlyOnce()
    {
        var staying = Enumerable.Range(0, 200).Select(i => $"order {i:D3} stays").ToArray();
        foreach (var name in staying)
            await CreateAsync(name);
        using var walked = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 3)
            .Select(writer => Task.Run(() => ChurnAsync(writer, walked.Token), Stop))
            .ToArray();

        for (var walk = 0; walk < 10; walk++)
        {
            var names = await WalkAsync(new ActionQuery { Limit = 7 });
            names.ShouldBeUnique();
            names.Where(name => name.EndsWith("stays", StringComparison.Ordinal)).ShouldBe(staying);
        }

        await walked.CancelAsync();
        (await Task.WhenAll(writers)).ShouldAllBe(written => written > 0);

        // Comes and goes before, between and behind the walker, and rewrites what stays under its own name.
        async Task<int> ChurnAsync(int writer, CancellationToken done)
        {
            var round = 0;
            for (; round == 0 || !done.IsCancellationRequested; round++)
            {
                var place = (round * 37) + writer;
                var passing = await CreateAsync($"order {place % 200:D3} passes {writer} {round}");
                var rewritten = await Store.FindByNameAsync(Workspace, staying[(place % 66 * 3) + writer], Stop);
                rewritten!.Description = $"written by {writer} in {round}";
                await Store.ReplaceAsync(Workspace, rewritten, rewritten.Etag, Stop);
                await Store.DeleteAsync(Workspace, passing.Id, passing.Etag, Stop);
            }

            return round;
        }
    }

    [Fact]
    public async Task TenThousandActions_AreWalkedInOrderAndFoundQuickly()
    {
        const int Count = 10_000;
        var names = Enumerable.Range(0, Count).Select(i => $"order {i:D5}").ToArray();
        // Not in the order of their names, and with samples that a list must not drag along.
        for (var i = 0; i < Count; i++)
        {
            var config = NewAction(names[i * 7919 % Count]);
            config.Labels["hundredth"] = $"{i % 100 == 0}";
            config.Sample = NewSample(4096);
            await Store.CreateAsync(i % 10 == 0 ? Neighbour : Workspace, config, Stop);
        }

        var started = TimeProvider.System.GetTimestamp();
        var ours = await WalkAsync(new ActionQuery { Limit = 100 });
        ours.Count.ShouldBe(Count * 9 / 10);
        ours.ShouldBe(ours.Order(StringComparer.Ordinal));
        ours.ShouldBeUnique();
        (await WalkAsync(new ActionQuery { Limit = 50, NamePrefix = "order 099" })).ShouldBe(
            ours.Where(name => name.StartsWith("order 099", StringComparison.Ordinal)));
        (await MatchedAsync(("hundredth", "True"))).ShouldBeEmpty();
        foreach (var name in ours.Take(1000))
            (await Store.FindByNameAsync(Workspace, name, Stop))!.Name.ShouldBe(name);

        // Some 1,100 calls, 0.2 s together; the bound is for a slow and busy machine, and far below what
        // reading everything for each of them would take.
        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    private static async Task<(ActionConfig? Result, StoreException? Error)[]> RaceAsync(
        Func<int, Task<ActionConfig>> run)
    {
        // All wait for the same start, so that they meet.
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var racers = Enumerable.Range(0, Racers).Select(RunAsync).ToArray();
        start.SetResult();
        return await Task.WhenAll(racers);

        async Task<(ActionConfig?, StoreException?)> RunAsync(int racer)
        {
            await start.Task;
            try
            {
                return (await run(racer), null);
            }
            catch (StoreException e)
            {
                return (null, e);
            }
        }
    }
}
