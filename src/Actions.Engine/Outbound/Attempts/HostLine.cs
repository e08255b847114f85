namespace Actions.Engine.Outbound.Attempts;

/// <summary>
/// The places that a workspace has at a host, and the line of those who wait for one. A place that becomes free goes to
/// the first waiter and never to somebody who has just come. Each action has a queue of its own, and the queues take
/// turns: the waiters of a busy action stand behind one another, not in front of the other actions.
/// </summary>
internal sealed class HostLine(int places, int maxLength)
{
    private readonly Lock _gate = new();
    // The queues that have waiters, the next to take a turn first.
    private readonly LinkedList<Queue> _turns = [];
    private readonly Dictionary<object, Queue> _queues = new(ReferenceEqualityComparer.Instance);
    private int _taken;
    private int _length;

    public int Places => places;

    public int MaxLength => maxLength;

    public int Taken
    {
        get
        {
            lock (_gate)
                return _taken;
        }
    }

    public int Length
    {
        get
        {
            lock (_gate)
                return _length;
        }
    }

    /// <returns>False: all places are taken.</returns>
    public bool TryEnter()
    {
        lock (_gate)
            return TryTake();
    }

    /// <summary>Takes a place, or joins the line.</summary>
    /// <param name="action">Whose queue it is.</param>
    /// <returns>Null: the line is full.</returns>
    public Waiter? Join(object action)
    {
        lock (_gate)
        {
            if (_length >= maxLength && _taken >= places)
                return null;
            var waiter = new Waiter(this, _length + 1);
            if (TryTake())
            {
                waiter.SetResult(WaitEnd.Turn);
                return waiter;
            }

            if (!_queues.TryGetValue(action, out var queue))
            {
                _queues.Add(action, queue = new Queue(action));
                _turns.AddLast(queue.Node);
            }

            waiter.Queue = queue;
            queue.Waiters.AddLast(waiter.Node);
            _length++;
            return waiter;
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Leave()
    {
        Waiter? next = null;
        lock (_gate)
        {
            if (_turns.First is { Value: var queue } turn)
            {
                next = queue.Waiters.First!.Value;
                // The end of the turn.
                _turns.Remove(turn);
                _turns.AddLast(turn);
                Remove(next);
            }
            else
                _taken--;
        }

        next?.SetResult(WaitEnd.Turn);
    }

    // While somebody waits, all places are taken: whoever comes can't overtake.
    private bool TryTake()
    {
        if (_taken >= places)
            return false;
        _taken++;
        return true;
    }

    private void GiveUp(Waiter waiter, WaitEnd end)
    {
        lock (_gate)
        {
            // It has got its place meanwhile.
            if (waiter.Node.List is null)
                return;
            Remove(waiter);
        }

        waiter.SetResult(end);
    }

    private void Remove(Waiter waiter)
    {
        var queue = waiter.Queue!;
        queue.Waiters.Remove(waiter.Node);
        _length--;
        if (queue.Waiters.Count > 0)
            return;
        _turns.Remove(queue.Node);
        _queues.Remove(queue.Action);
    }

    /// <summary>Somebody in the line. Its task ends with the wait.</summary>
    /// <param name="line">Where it waits.</param>
    /// <param name="length">How long the line is with it.</param>
    internal sealed class Waiter(HostLine line, int length)
        : TaskCompletionSource<WaitEnd>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        private LinkedListNode<Waiter>? _node;

        public int Length => length;

        public LinkedListNode<Waiter> Node => _node ??= new LinkedListNode<Waiter>(this);

        public Queue? Queue { get; set; }

        /// <summary>Leaves the line. Without effect if it has a place.</summary>
        public void GiveUp(WaitEnd end) => line.GiveUp(this, end);
    }

    /// <summary>The waiters of one action, the first to come first.</summary>
    internal sealed class Queue
    {
        public Queue(object action) => (Action, Node) = (action, new LinkedListNode<Queue>(this));

        public object Action { get; }

        public LinkedListNode<Queue> Node { get; }

        public LinkedList<Waiter> Waiters { get; } = [];
    }
}

/// <summary>How a wait ended.</summary>
internal enum WaitEnd
{
    /// <summary>With a place.</summary>
    Turn,

    /// <summary>It took too long.</summary>
    TooLong,

    Cancelled,
}
