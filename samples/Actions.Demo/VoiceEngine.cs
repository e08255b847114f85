using System.Runtime.CompilerServices;
using Actions.V1;

namespace Actions.Demo;

/// <summary>What a voice engine does when its language model picks an action: execute it and listen.</summary>
internal sealed class VoiceEngine(ActionService.ActionServiceClient actions, TimeProvider time)
{
    // Beyond any action's own time-out here; without it a server that hangs would hang the call too.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public async IAsyncEnumerable<HeardEvent> ExecuteAsync(
        PhoneCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ExecuteRequest { Name = call.Action.Name, CallId = $"call-of-{call.Caller}" };
        foreach (var (name, value) in call.Variables)
            request.Variables.Add(name, value);

        var begin = time.GetTimestamp();
        var deadline = time.GetUtcNow().UtcDateTime + Patience;
        using var stream = actions.Execute(request, deadline: deadline, cancellationToken: cancellationToken);
        while (await stream.ResponseStream.MoveNext(cancellationToken))
            yield return new HeardEvent(time.GetElapsedTime(begin), stream.ResponseStream.Current.Event);
    }
}

/// <summary>An event, and when it was heard: since the call was made, by the listener's clock.</summary>
internal sealed record HeardEvent(TimeSpan At, ExecutionEvent Event)
{
    public ExecutionEvent.EventOneofCase Kind => Event.EventCase;
}
