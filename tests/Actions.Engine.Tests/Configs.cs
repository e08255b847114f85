using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests;

/// <summary>Actions and values for tests to start from.</summary>
internal static class Configs
{
    public static ActionConfig Get(string url) => With(HttpMethod.Get, url);

    public static ActionConfig With(HttpMethod method, string url) =>
        new() { Name = "Check Order Status", Request = new HttpRequest { Method = method, Url = url } };

    /// <summary>Adds one result field; all of them see the same response.</summary>
    public static ActionConfig Selecting(this ActionConfig config, string variable, string path, bool required = false, Value? otherwise = null)
    {
        config.Results.Add(new ResultField { Variable = variable, JsonPath = path, Required = required, DefaultValue = otherwise });
        return config;
    }

    public static Dictionary<string, Value> Values(params (string Name, string Value)[] values) =>
        values.ToDictionary(pair => pair.Name, pair => Value.ForString(pair.Value));
}
