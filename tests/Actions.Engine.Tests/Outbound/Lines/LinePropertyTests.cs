using Actions.Engine.Outbound.Attempts;
using FsCheck;
using FsCheck.Fluent;

namespace Actions.Engine.Tests.Outbound.Lines;

/// <summary>
/// Whoever comes, leaves or gives up, and in whatever order: never more places are taken than there are, no place is
/// lost, and the order is kept. Compared with a list of lists that is searched from the front.
/// </summary>
public sealed class LinePropertyTests
{
    private const int Runs = 2_000;

    [Fact]
    public void AnySequence_KeepsPlacesAndOrder() => Check.One(Seeded.Runs(Runs), Prop.ForAll(
        Scenarios, scenario => Play(scenario.Places, scenario.Length, scenario.Steps)));

    private static Arbitrary<(int Places, int Length, (int Kind, int Of)[] Steps)> Scenarios => (
        from places in Gen.Choose(1, 4)
        from length in Gen.Choose(0, 8)
        from steps in Gen.ArrayOf(
            from kind in Gen.Choose(0, 9)
            from of in Gen.Choose(0, 9)
            select (kind, of))
        select (places, length, steps)).ToArbitrary();

    private static void Play(int places, int length, (int Kind, int Of)[] steps)
    {
        var line = new HostLine(places, length);
        var actions = new[] { new object(), new object(), new object() };
        var taken = 0;
        var queues = new List<(object Action, List<HostLine.Waiter> Waiters)>();
        foreach (var (kind, of) in steps)
        {
            switch (kind)
            {
                case < 5:
                    Come(actions[of % actions.Length]);
                    break;
                case < 8 when taken > 0:
                    Leave();
                    break;
                default:
                    GiveUp(of);
                    break;
            }

            line.Taken.ShouldBe(taken);
            line.Length.ShouldBe(queues.Sum(queue => queue.Waiters.Count));
            taken.ShouldBeLessThanOrEqualTo(places);
            queues.SelectMany(queue => queue.Waiters).ShouldAllBe(waiter => !waiter.Task.IsCompleted);
        }

        while (taken > 0)
            Leave();
        (line.Taken, line.Length).ShouldBe((0, 0));

        void Come(object action)
        {
            var waits = queues.Sum(queue => queue.Waiters.Count);
            var waiter = line.Join(action);
            if (taken < places)
            {
                taken++;
                waiter!.Task.Result.ShouldBe(WaitEnd.Turn);
            }
            else if (waits >= length)
                waiter.ShouldBeNull();
            else if (queues.FirstOrDefault(queue => queue.Action == action).Waiters is { } own)
                own.Add(waiter!);
            else
                queues.Add((action, [waiter!]));
        }

        void Leave()
        {
            line.Leave();
            if (queues.Count == 0)
            {
                taken--;
                return;
            }

            var turn = queues[0];
            queues.RemoveAt(0);
            turn.Waiters[0].Task.Result.ShouldBe(WaitEnd.Turn);
            turn.Waiters.RemoveAt(0);
            if (turn.Waiters.Count > 0)
                queues.Add(turn);
        }

        void GiveUp(int of)
        {
            var all = queues.SelectMany(queue => queue.Waiters).ToList();
            if (all.Count == 0)
                return;
            var gone = all[of % all.Count];
            gone.GiveUp(WaitEnd.Cancelled);
            gone.Task.Result.ShouldBe(WaitEnd.Cancelled);
            queues.ForEach(queue => queue.Waiters.Remove(gone));
            queues.RemoveAll(queue => queue.Waiters.Count == 0);
            // Late, as a timer may be.
            gone.GiveUp(WaitEnd.TooLong);
        }
    }
}
