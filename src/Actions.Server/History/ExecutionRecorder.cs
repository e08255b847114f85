using System.Threading.Channels;
using Actions.Engine;
using Actions.Engine.Executions;
using Actions.V1;

namespace Actions.Server.History;

/// <summary>Records executions when they have ended, off their path.</summary>
internal sealed class ExecutionRecorder(TimeProvider time)
{
    private readonly Channel<ExecutionTrail> _ended = Channel.CreateBounded<ExecutionTrail>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    /// <returns>Null: nothing of this execution is recorded.</returns>
    public ExecutionTrail? Begin(string workspace, string executionId, ActionPlan plan, ExecuteRequest request) =>
        new(workspace, executionId, plan, request, new ExecutionJournal(), time);

    /// <summary>Never waits.</summary>
    public void End(ExecutionTrail trail) => _ended.Writer.TryWrite(trail);
}
