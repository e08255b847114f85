using Actions.Engine.Outcomes;
using Actions.V1;

namespace Actions.Engine.Tests.Outcomes;

public sealed class FailureTraitsTests
{
    [Fact]
    public void EveryReason_HasALineInTheTable()
    {
        foreach (var reason in Enum.GetValues<FailureReason>())
            FailureTraits.Of(reason).ShouldNotBeNull();
    }
}
