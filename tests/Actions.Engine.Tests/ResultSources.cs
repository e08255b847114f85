using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests;

/// <summary>Results that don't come from the body.</summary>
internal static class ResultSources
{
    public static ActionConfig WithSource(
        this ActionConfig config, string variable, string source, bool required = false, Value? otherwise = null)
    {
        config.Results.Add(new ResultField { Variable = variable, Source = source, Required = required, DefaultValue = otherwise });
        return config;
    }
}
