using System.Runtime.CompilerServices;
using Actions.V1;

namespace Actions.Demo;

/// <summary>Does what a voice engine does when its language model selects an action: executes it and reads the
/// events.</summary>
internal sealed class VoiceEngine(ActionService.ActionServiceClient actions, TimeProvider time)
{
    // Longer than the timeout of every action here. Without it, a server that hangs would block the call.
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(20);

    /// <param name="begin">The clock's timestamp from which the events' times count.</param>
    public async IAsyncEnumerable<ReceivedEvent> ExecuteAsync(
        PhoneCall call, long begin, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ExecuteRequest { Name = call.Action.Name, CallId = $"call-of-{call.Caller}" };
        foreach (var (name, value) in call.Variables)
            request.Variables.Add(name, value);

        var deadline = time.GetUtcNow().UtcDateTime + CallDeadline;
        using var stream = actions.Execute(request, deadline: deadline, cancellationToken: cancellationToken);
        while (await stream.ResponseStream.MoveNext(cancellationToken))
        {
            var told = stream.ResponseStream.Current;
            yield return new ReceivedEvent(time.GetElapsedTime(begin), told.Event) { ExecutionId = told.ExecutionId };
        }
    }

    /// <summary>Follows an execution whose stream the engine has left.</summary>
    public async IAsyncEnumerable<ReceivedEvent> AttachAsync(
        ReceivedEvent last, long begin, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new AttachRequest { ExecutionId = last.ExecutionId, AfterSequence = last.Event.Sequence };
        var deadline = time.GetUtcNow().UtcDateTime + CallDeadline;
        using var stream = actions.Attach(request, deadline: deadline, cancellationToken: cancellationToken);
        while (await stream.ResponseStream.MoveNext(cancellationToken))
            yield return new ReceivedEvent(time.GetElapsedTime(begin), stream.ResponseStream.Current.Event);
    }
}

/// <summary>An event, with the time since the call was made, by the clock of the voice engine.</summary>
internal sealed record ReceivedEvent(TimeSpan At, ExecutionEvent Event)
{
    public string ExecutionId { get; init; } = "";

    public ExecutionEvent.EventOneofCase Kind => Event.EventCase;
}
