using System.Net;

namespace Actions.Server.Strangers;

/// <summary>
/// What strangers have open now, by address. When there is no room, the address that has most gives up its oldest: one
/// address can't take the place of the others, however much it opens.
/// </summary>
/// <remarks>Not thread-safe: its owner has a lock.</remarks>
internal sealed class Crowd<T>
    where T : class
{
    private readonly Dictionary<IPAddress, LinkedList<Member>> _members = [];
    private long _entered;

    public int Count { get; private set; }

    public int CountOf(IPAddress network) => _members.TryGetValue(network, out var members) ? members.Count : 0;

    public Member Add(IPAddress network, T value)
    {
        var member = new Member(network, value, _entered++);
        if (!_members.TryGetValue(network, out var members))
            _members.Add(network, members = []);
        members.AddLast(member.Node);
        Count++;
        return member;
    }

    /// <returns>False: it isn't in the crowd any more.</returns>
    public bool Remove(Member member)
    {
        if (member.Node.List is not { } members)
            return false;
        members.Remove(member.Node);
        if (members.Count == 0)
            _members.Remove(member.Network);
        Count--;
        return true;
    }

    /// <summary>Removes the oldest member of an address.</summary>
    public Member? TakeOldest(IPAddress network)
    {
        if (!_members.TryGetValue(network, out var members))
            return null;
        var oldest = members.First!.Value;
        Remove(oldest);
        return oldest;
    }

    /// <summary>Removes the oldest member of the address that has most.</summary>
    public Member? TakeOldestOfMost()
    {
        LinkedList<Member>? most = null;
        foreach (var members in _members.Values)
        {
            if (most is null || members.Count > most.Count
                || (members.Count == most.Count && members.First!.Value.Number < most.First!.Value.Number))
                most = members;
        }

        return most is null ? null : TakeOldest(most.First!.Value.Network);
    }

    internal sealed class Member
    {
        internal Member(IPAddress network, T value, long number)
        {
            (Network, Value, Number) = (network, value, number);
            Node = new LinkedListNode<Member>(this);
        }

        public IPAddress Network { get; }

        public T Value { get; }

        internal long Number { get; }

        internal LinkedListNode<Member> Node { get; }
    }
}
