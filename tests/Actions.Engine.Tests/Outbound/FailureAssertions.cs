using Actions.V1;

namespace Actions.Engine.Tests.Outbound;

internal static class FailureAssertions
{
    /// <summary>No response arrived.</summary>
    public static void ShouldBeWithoutAnswer(this Failure failure, bool retryable) =>
        (failure.StatusCode, failure.Attempts, failure.Retryable).ShouldBe((0, 1, retryable), failure.ToString());
}
