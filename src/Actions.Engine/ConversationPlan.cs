using Actions.V1;

namespace Actions.Engine;

/// <summary>What an action says about repeats and interruptions within a call, with the defaults of its method.</summary>
/// <param name="OncePerCall">The same execution calls the API once.</param>
/// <param name="RefusesUnknown">After an unknown outcome nothing is sent.</param>
/// <param name="SendsUnclaimed">It is sent although the store can't be reached.</param>
/// <param name="FinishesAlone">An interruption doesn't end the HTTP call.</param>
/// <param name="HasEffects">Not knowing whether the API has done it makes a difference.</param>
public readonly record struct ConversationPlan(
    bool OncePerCall, bool RefusesUnknown, bool SendsUnclaimed, bool FinishesAlone, bool HasEffects)
{
    internal static ConversationPlan Of(ActionConfig config)
    {
        // RFC 9110 section 9.2.1: GET is safe. PUT and DELETE are idempotent, but what they are asked for twice is said
        // twice, and an order may have changed in between.
        var isSafe = config.Request?.Method is null or V1.HttpMethod.Get;
        var isOncePerCall = config.Duplicates == Duplicates.OncePerCall
            || (config.Duplicates == Duplicates.Unspecified && !isSafe);
        return new ConversationPlan(
            isOncePerCall,
            config.OnUnknownOutcome == UnknownOutcome.Refuse,
            config.SendUnclaimed,
            config.OnInterruption == OnInterruption.Finish
                || (config.OnInterruption == OnInterruption.Unspecified && !isSafe),
            isOncePerCall || !isSafe);
    }
}
