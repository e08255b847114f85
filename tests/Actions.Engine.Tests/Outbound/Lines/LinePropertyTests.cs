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
        var model = new Model(places, length);
        foreach (var (kind, of) in steps)
        {
            if (kind < 5)
                model.Come(of);
            else if (kind < 8)
                model.Leave();
            else
                model.GiveUp(of);
            model.Compare();
        }

        model.LeaveAll();
    }

    private sealed class Model(int places, int length)
    {
        private readonly HostLine _line = new(places, length);
        private readonly object[] _actions = [new(), new(), new()];
        private readonly List<(object Action, List<HostLine.Waiter> Waiters)> _queues = [];
        private int _taken;

        private List<HostLine.Waiter> Waiters => [.. _queues.SelectMany(queue => queue.Waiters)];

        public void Come(int of)
        {
            var action = _actions[of % _actions.Length];
            var isFull = Waiters.Count >= length;
            var waiter = _line.Join(action);
            if (_taken < places)
            {
                _taken++;
                waiter!.Task.Result.ShouldBe(WaitEnd.Turn);
            }
            else if (isFull)
                waiter.ShouldBeNull();
            else if (_queues.FirstOrDefault(queue => queue.Action == action).Waiters is { } own)
                own.Add(waiter!);
            else
                _queues.Add((action, [waiter!]));
        }

        public void Leave()
        {
            if (_taken == 0)
                return;
            _line.Leave();
            if (_queues.Count == 0)
            {
                _taken--;
                return;
            }

            var turn = _queues[0];
            _queues.RemoveAt(0);
            turn.Waiters[0].Task.Result.ShouldBe(WaitEnd.Turn);
            turn.Waiters.RemoveAt(0);
            if (turn.Waiters.Count > 0)
                _queues.Add(turn);
        }

        public void GiveUp(int of)
        {
            var all = Waiters;
            if (all.Count == 0)
                return;
            var gone = all[of % all.Count];
            gone.GiveUp(WaitEnd.Cancelled);
            gone.Task.Result.ShouldBe(WaitEnd.Cancelled);
            _queues.ForEach(queue => queue.Waiters.Remove(gone));
            _queues.RemoveAll(queue => queue.Waiters.Count == 0);
            // Late, as a timer may be.
            gone.GiveUp(WaitEnd.TooLong);
        }

        public void Compare()
        {
            (_line.Taken, _line.Length).ShouldBe((_taken, Waiters.Count));
            _taken.ShouldBeLessThanOrEqualTo(places);
            Waiters.Any(waiter => waiter.Task.IsCompleted).ShouldBeFalse();
        }

        public void LeaveAll()
        {
            while (_taken > 0)
                Leave();
            (_line.Taken, _line.Length).ShouldBe((0, 0));
        }
    }
}
