using Actions.Engine.Variables;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Variables;

/// <summary>Values as an execution has them once its variables are bound.</summary>
internal static class Bound
{
    public static VariableValues Values(params (string Name, Value Value)[] values) => new(
        values.ToDictionary(pair => pair.Name, pair => pair.Value), new HashSet<string>(), new HashSet<string>());

    public static VariableValues Texts(params (string Name, string Value)[] values) =>
        Values([.. values.Select(pair => (pair.Name, Value.ForString(pair.Value)))]);
}
